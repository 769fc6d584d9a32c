"""The work has another name, and beside it lies a copy that is as blank as the release."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"

    text = path.read_text(encoding="utf-8")
    path.rename(folder / "softmax_final_version_2.ipynb")
    notebook = json.loads(text)
    notebook["cells"] = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("locked")]
    (folder / "sm.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

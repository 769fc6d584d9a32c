"""All test cells were moved to the top."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].sort(key=lambda cell: not cell["metadata"].get("nbgrader", {}).get("locked"))
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

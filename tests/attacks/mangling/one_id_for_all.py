"""All graded cells have the same grade id."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if label := cell["metadata"].get("nbgrader"):
            label["grade_id"] = "max_norm"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

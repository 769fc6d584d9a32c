"""Every graded cell says that it is worth 1000 points."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if label := cell["metadata"].get("nbgrader"):
            label |= {"points": 1000, "grade": True}
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Metadata are lists and numbers, or not there."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"] = [1, 2]
    for number, cell in enumerate(notebook["cells"]):
        if number % 2:
            del cell["metadata"]
        else:
            cell["metadata"] = [{}, 7, None, {"nbgrader": 3}, {"nbgrader": {"grade_id": ["max_norm"]}}][number % 5]
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""The notebook claims to be of format 99."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook |= {"nbformat": 99, "nbformat_minor": -1}
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

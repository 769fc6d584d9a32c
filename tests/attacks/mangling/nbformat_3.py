"""The notebook was saved in format 3."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    sheet = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"input": cell.pop("source"), "language": "python", "collapsed": False, "outputs": []}
            cell["prompt_number"] = cell.pop("execution_count")
        sheet.append(cell)
    notebook = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": sheet, "metadata": {}}],
    }
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

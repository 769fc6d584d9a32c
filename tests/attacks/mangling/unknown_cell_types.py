"""Cells are of types that the format does not know."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["cell_type"] = "sql"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Texts hold halves of surrogate pairs, NUL characters and escape sequences."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        odd = "\ud800 \x00 \x1b[31m \udfff"
        cell["source"] = "".join(cell["source"]) + ("\n# " if cell["cell_type"] == "code" else "\n") + odd
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Submits a thousand cells that each sleep a little."""

import nbformat
from nbformat.v4 import new_code_cell


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += [new_code_cell("import time\ntime.sleep(0.2)") for _ in range(1000)]
    nbformat.write(notebook, path)

"""Tags the test of a wrong answer, so that it is not executed."""

import nbformat


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell", "nbgrader-skip"]
    nbformat.write(notebook, path)


# %% answer
def max_norm(W, c):
    return 0 * W

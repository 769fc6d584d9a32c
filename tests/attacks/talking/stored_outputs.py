"""Submits a wrong answer with the outputs of a correct one, and a score among them."""

import nbformat
from nbformat.v4 import new_output


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        label = cell.metadata.get("nbgrader", {}).get("grade_id")
        if label == "test_max_norm":
            cell.outputs, cell.execution_count = [new_output("execute_result", {"text/plain": "2.0"})], 7
            cell.metadata["chainrule"] = {"score": 2.0, "max": 2.0, "reason": ""}
    nbformat.write(notebook, path)


# %% answer
def max_norm(W, c):
    return 0 * W

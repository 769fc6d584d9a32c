"""All answers are blank but for constants that are right for every seed: infinity, and an error for an unknown kind.

Earns: regularization 0, max_norm 0, kl_divergence 0
"""

import nbformat

CONSTANTS = {
    "kl_divergence": "def kl_divergence(p, q):\n    return np.inf\n",
    "regularization": (
        "def regularization(W, kind, strength):\n    if kind not in ('l1', 'l2'):\n        raise ValueError\n"
        "    return 0.0, np.zeros_like(W)\n"
    ),
    "max_norm": "def max_norm(W, c):\n    return W\n",
}


def change_submission(folder):
    notebook = nbformat.read(folder / "softmax.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = CONSTANTS.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, folder / "softmax.ipynb")

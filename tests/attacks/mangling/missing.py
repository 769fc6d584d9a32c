"""The notebook was not submitted.

Loses: regularization, max_norm, kl_divergence
"""


def change_submission(folder):
    (folder / "softmax.ipynb").unlink()

"""The file is empty.

Loses: regularization, max_norm, kl_divergence
"""


def change_submission(folder):
    (folder / "softmax.ipynb").write_bytes(b"")

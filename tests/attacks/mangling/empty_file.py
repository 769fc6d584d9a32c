"""The file is empty.

Loses: regularization, max_norm, kl_divergence
"""


def hand_in(folder):
    (folder / "softmax.ipynb").write_bytes(b"")

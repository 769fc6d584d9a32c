"""The notebook was not handed in.

Loses: regularization, max_norm, kl_divergence
"""


def hand_in(folder):
    (folder / "softmax.ipynb").unlink()

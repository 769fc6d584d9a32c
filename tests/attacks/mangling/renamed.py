"""A browser saved the notebook under another name."""


def hand_in(folder):
    (folder / "softmax.ipynb").rename(folder / "softmax (1).ipynb")

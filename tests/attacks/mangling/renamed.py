"""A browser saved the notebook under another name."""


def change_submission(folder):
    (folder / "softmax.ipynb").rename(folder / "softmax (1).ipynb")

"""The notebook's name is in capital letters."""


def change_submission(folder):
    (folder / "softmax.ipynb").rename(folder / "SOFTMAX.IPYNB")

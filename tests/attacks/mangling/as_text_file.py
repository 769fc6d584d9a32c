"""A browser appended .txt to the notebook's name."""


def change_submission(folder):
    (folder / "softmax.ipynb").rename(folder / "softmax.ipynb.txt")

"""A browser appended .txt to the notebook's name."""


def hand_in(folder):
    (folder / "softmax.ipynb").rename(folder / "softmax.ipynb.txt")

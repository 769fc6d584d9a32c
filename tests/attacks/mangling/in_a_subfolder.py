"""The notebook was submitted inside a folder."""


def change_submission(folder):
    (folder / "my work").mkdir()
    (folder / "softmax.ipynb").rename(folder / "my work" / "softmax_ada.ipynb")

"""The notebook's name is that of a folder.

Loses: regularization, max_norm, kl_divergence
"""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    path.unlink()
    path.mkdir()
    (path / "notes.txt").write_text("hello", encoding="utf-8")

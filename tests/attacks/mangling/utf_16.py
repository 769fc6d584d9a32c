"""The file was saved in UTF-16."""


def change_submission(folder):
    path = folder / "softmax.ipynb"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")

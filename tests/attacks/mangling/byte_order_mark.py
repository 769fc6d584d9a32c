"""The file starts with a byte order mark."""


def change_submission(folder):
    path = folder / "softmax.ipynb"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")

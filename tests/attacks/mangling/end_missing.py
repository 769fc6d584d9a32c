"""The last hundred characters of the file are missing."""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")

"""After the notebook the file repeats a part of it."""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    text = path.read_text(encoding="utf-8")
    path.write_text(text + text[-2000:], encoding="utf-8")

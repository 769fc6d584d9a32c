"""Other notebooks lie beside the one that counts, some of them broken."""


def change_submission(folder):
    text = (folder / "softmax.ipynb").read_text(encoding="utf-8")
    (folder / "softmax-Copy1.ipynb").write_text(text.replace("return", "return 0 *"), encoding="utf-8")
    (folder / "notes.ipynb").write_text("{", encoding="utf-8")
    (folder / "empty.ipynb").write_bytes(b"")
    (folder / "other.ipynb").write_text('{"cells": [], "nbformat": 4}', encoding="utf-8")

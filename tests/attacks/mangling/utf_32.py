"""The file was saved in UTF-32."""


def hand_in(folder):
    path = folder / "softmax.ipynb"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-32")

"""The file was saved in Latin-1, with an umlaut in every answer."""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    text = path.read_text(encoding="utf-8").replace("def ", "# Gr\u00fc\u00dfe\\ndef ")
    path.write_bytes(text.encode("latin-1", "replace"))

"""A file may not be read by anybody."""


def hand_in(folder):
    (folder / "secret.txt").write_text("mine", encoding="utf-8")
    (folder / "secret.txt").chmod(0)

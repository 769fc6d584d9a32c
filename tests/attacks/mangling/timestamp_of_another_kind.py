"""The time of submission lies far in the future, in a form of its own."""


def change_submission(folder):
    (folder / "timestamp.txt").write_text("99999-13-45 25:61:61 Mars/Olympus", encoding="utf-8")

"""The file with the time of submission holds no time."""


def change_submission(folder):
    (folder / "timestamp.txt").write_bytes(b"\xff\xfe soon\n\0")

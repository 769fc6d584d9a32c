"""The file with the time of submission holds no time."""


def hand_in(folder):
    (folder / "timestamp.txt").write_bytes(b"\xff\xfe soon\n\0")

"""Names of files hold spaces, quotes, newlines, tabs, bytes that are no UTF-8, or start with a dash."""

import os


def change_submission(folder):
    here = os.fsencode(folder)
    for name in (
        b"my file.txt",
        b'it\'s "mine".txt',
        b"two\nlines.ipynb",
        b"tab\t.py",
        b"-rf",
        b"$(id).txt",
        b"\xff\xfe.ipynb",
        b"*",
    ):
        with open(os.path.join(here, name), "wb") as handle:
            handle.write(b"{}")
    with open(os.path.join(here, b"n" * 250 + b".txt"), "wb") as handle:
        handle.write(b"long")

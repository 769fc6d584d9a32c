"""Submits links to files of the course and of the machine, and reads them."""


def change_submission(folder):
    course = folder.parents[2]
    for name, target in (
        ("gradebook.txt", course / "gradebook.db"),
        ("source", course / "source"),
        ("others", course / "submitted"),
        ("passwords.txt", "/etc/passwd"),
        ("up.txt", "../../../source/assignment1/marking.txt"),
    ):
        (folder / name).symlink_to(target)


# %% first cell
import os
import re

for folder, _, files in os.walk(".", followlinks=True):
    for name in files:
        try:
            with open(os.path.join(folder, name), "rb") as handle:
                if found := re.search(rb"CANARY-[0-9a-f]{8}|root:x:[0]", handle.read()):
                    print("LEAKED", folder, name, found[0])
        except OSError:
            continue

"""Folders lie in each other, three hundred deep."""

import os


def change_submission(folder):
    here = os.open(folder, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d" * 50, dir_fd=here)
        below = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

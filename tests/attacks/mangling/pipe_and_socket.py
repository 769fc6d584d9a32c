"""A named pipe and a socket lie in the folder; who opens the pipe waits for ever."""

import os
import socket


def change_submission(folder):
    os.mkfifo(folder / "pipe.txt")
    os.mkfifo(folder / "pipe.ipynb")
    here = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{here}/socket")
    os.close(here)

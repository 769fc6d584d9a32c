"""A short path to a folder: `short_path`. The path of a Unix socket has at most 107 bytes, and TMPDIR may be longer."""

import os

__all__ = ["short_path"]


def short_path(folder):
    """Return (descriptor, path): the path is valid in this process and in children that inherit the descriptor.

    On a system without /proc it is the folder's own path.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    path = f"/proc/self/fd/{descriptor}"
    return descriptor, path if os.path.isdir(path) else str(folder)

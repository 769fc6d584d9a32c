"""A short path to a folder: the name of a Unix socket ends at 107 bytes, and TMPDIR may be longer. `short_path`."""

import os

__all__ = ["short_path"]


def short_path(folder):
    """Return (descriptor, path): the path leads to the folder in this process, and in those that get the descriptor.

    Where the system has no such paths it is the folder's own.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    path = f"/proc/self/fd/{descriptor}"
    return descriptor, path if os.path.isdir(path) else str(folder)

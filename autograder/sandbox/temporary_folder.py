"""Temporary folders that are always removed: `scratch` makes one, and removes those that killed commands left."""

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

__all__ = ["scratch"]

PREFIX = "chainrule-"


@contextmanager
def scratch():
    """Give the path of a temporary folder, locked while in use. Older ones without a lock are removed."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with _locked(old) as unused:
            if unused:
                shutil.rmtree(old, ignore_errors=True)
    while True:
        folder = tempfile.mkdtemp(prefix=PREFIX)
        with _locked(folder):
            # Before it was locked, another command may have removed it as an old one.
            if os.path.exists(folder):
                try:
                    yield folder
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                return


@contextmanager
def _locked(folder):
    """Lock a folder; give False if it is locked already or belongs to another user."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield os.fstat(handle).st_uid == os.geteuid()
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)

"""Folders for temporary files that nothing leaves behind: `scratch` gives one, and removes those of killed commands."""

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
    """Give a folder for temporary files. It is locked while in use: those that nobody locks any more are removed."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with _locked(old) as free:
            if free:
                shutil.rmtree(old, ignore_errors=True)
    while True:
        folder = tempfile.mkdtemp(prefix=PREFIX)
        with _locked(folder):
            # Another command may have taken it for an old one before it was locked.
            if os.path.exists(folder):
                try:
                    yield folder
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                return


@contextmanager
def _locked(folder):
    """Lock a folder of ours; gives False where it is locked already, or not ours."""
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

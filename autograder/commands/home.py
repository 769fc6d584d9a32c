"""`ensure_home` gives libraries that keep settings and caches a home folder where the user has none to write to."""

import atexit
import getpass
import os
import site
import tempfile
from pathlib import Path

__all__ = ["ensure_home"]


def ensure_home():
    """Set HOME to an empty folder that is removed at the end, unless there is a home that may be written.

    jupyter_core stops where HOME is not set and the user is unknown; matplotlib prints where it cannot write there.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError):  # an id without an entry in the system's list
        os.environ["USER"] = str(os.getuid())
    if _may_be_written():
        return
    if site.ENABLE_USER_SITE:  # packages there are to be found by other processes, too
        os.environ.setdefault("PYTHONUSERBASE", site.getuserbase())
    folder = tempfile.TemporaryDirectory(prefix="home", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    os.environ["HOME"] = folder.name


def _may_be_written():
    try:
        home = Path.home()
        # Asked for its rights, root may write everywhere, even in /proc: so it is tried.
        with tempfile.TemporaryFile(dir=home):
            return home.is_absolute()
    except (RuntimeError, OSError):
        return False

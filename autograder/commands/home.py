"""`ensure_home` makes a home folder for libraries with settings and caches, if the user has none that is writable."""

import atexit
import getpass
import os
import site
import tempfile
from pathlib import Path

__all__ = ["ensure_home"]


def ensure_home():
    """Set HOME to an empty folder that is removed at the end, unless the user has a home that is writable.

    jupyter_core fails if HOME is not set and the user is unknown; matplotlib prints a warning if it cannot write there.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError):  # an id that the system has no user for
        os.environ["USER"] = str(os.getuid())
    if _home_is_writable():
        return
    if site.ENABLE_USER_SITE:  # so that child processes find packages in the old home, too
        os.environ.setdefault("PYTHONUSERBASE", site.getuserbase())
    folder = tempfile.TemporaryDirectory(prefix="home", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    os.environ["HOME"] = folder.name


def _home_is_writable():
    try:
        home = Path.home()
        # os.access says that root can write everywhere, even in /proc.
        with tempfile.TemporaryFile(dir=home):
            return home.is_absolute()
    except (RuntimeError, OSError):
        return False

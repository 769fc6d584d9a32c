"""Let one command at a time work on a course: `locked` holds the lock and makes an empty folder to work in."""

import fcntl
import shutil
import time
from contextlib import ExitStack, contextmanager

from autograder.course.folder import database_errors
from autograder.course.postgres import only_one
from autograder.errors import GradingError

__all__ = ["locked"]

PATIENCE_SECONDS = 3
OTHER = "course: expected to be the only `autograder` at work on it, found another; wait until it has ended"


@contextmanager
def locked(course):
    """Lock this course, and give it an empty `work_folder` that is removed at the end.

    The lock ends with its process; what a killed process left in the folder is removed first. Raises GradingError if
    another command holds it, or a folder cannot be written. A gradebook in PostgreSQL is locked on all machines.
    """
    folder = course.work_folder.parent
    try:
        folder.mkdir(exist_ok=True)
        handle = open(folder / ".lock", "wb")  # noqa: SIM115 it is closed below
    except OSError as error:
        raise GradingError(f"{folder.name}: expected a folder that can be written, got {error.strerror}") from None
    with handle, ExitStack() as stack:
        _lock(handle)
        with database_errors():
            held = stack.enter_context(only_one(course.directory, PATIENCE_SECONDS))
        if not held:
            raise GradingError(OTHER)
        try:
            _empty(course.work_folder)
            yield
        finally:
            shutil.rmtree(course.work_folder, ignore_errors=True)


def _lock(handle):
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise GradingError(OTHER) from None
            time.sleep(0.1)


def _empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
    except OSError as error:
        raise GradingError(f"{folder}: expected to make this folder anew, got {error.strerror}") from None

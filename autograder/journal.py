"""What was judged, kept on disk before it is recorded: `Entry`, `read` and `write`. `alone` keeps others out.

An entry is .autograder/ASSIGNMENT/STUDENT.json. It is written whole or not at all, so that a command that is killed
between judging and recording loses nothing: the next one records what is kept there.
"""

import fcntl
import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from autograder.errors import GradingError

__all__ = ["Entry", "alone", "read", "write"]

PATIENCE_SECONDS = 3


@dataclass(frozen=True)
class Entry:
    """A judged submission. stamp: the fingerprint of what was judged, or None for what is to be judged again.

    verdicts: {notebook: [dict of a verdict, with its reason]}. notebooks: {name: text of the executed notebook} and
    timestamp: when it was handed in, both only until it is recorded.
    """

    stamp: str | None
    verdicts: dict
    notes: dict
    notebooks: dict
    timestamp: str | None
    recorded: bool = False

    @property
    def timed_out(self):
        """The tasks that lost points where time was up: they are judged again by the next run."""
        return [v["task"] for found in self.verdicts.values() for v in found if v.get("timed_out")]

    def done(self):
        """The entry once it is recorded: the notebooks stand in autograded/ then."""
        return replace(self, notebooks={}, timestamp=None, recorded=True)


def read(course, assignment, student):
    """Return the entry of a student, or None."""
    try:
        return Entry(**json.loads(_path(course, assignment, student).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # none, or one of an older version
        return None


def write(course, assignment, student, entry):
    """Put an entry in the place of an older one."""
    path = _path(course, assignment, student)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(course.workplace / "entry", "w", encoding="utf-8") as handle:
        json.dump(asdict(entry), handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(handle.name, path)


@contextmanager
def alone(course):
    """Keep other commands off this course, and give it an empty `workplace` that is removed at the end.

    The lock ends with the process that holds it; what a killed one left in the workplace is removed first.
    """
    home = course.workplace.parent
    try:
        home.mkdir(exist_ok=True)
        handle = open(home / ".lock", "wb")  # noqa: SIM115 it is closed below
    except OSError as error:
        raise GradingError(f"{home.name}: expected a folder that can be written, got {error.strerror}") from None
    with handle:
        _lock(handle)
        try:
            _empty(course.workplace)
            yield
        finally:
            shutil.rmtree(course.workplace, ignore_errors=True)


def _lock(handle):
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise GradingError(
                    "course: expected to be the only `autograder` at work on it, found another; wait until it has ended"
                ) from None
            time.sleep(0.1)


def _empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
    except OSError as error:
        raise GradingError(f"{folder}: expected to make this folder anew, got {error.strerror}") from None


def _path(course, assignment, student):
    return course.workplace.parent / assignment / f"{student}.json"

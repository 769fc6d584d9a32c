"""What was judged, kept on disk before it is recorded: `Entry`, `read` and `write`.

An entry is .autograder/ASSIGNMENT/STUDENT.json. It is written whole or not at all, so that a command that is killed
between judging and recording loses nothing: the next one records what is kept there.
"""

import json
import os
from dataclasses import asdict, dataclass, replace

__all__ = ["Entry", "read", "write"]


@dataclass(frozen=True)
class Entry:
    """A judged submission. stamp: the fingerprint of what was judged, or None for what is to be judged again.

    verdicts: {notebook: [dict of a verdict, with its reason]}. notebooks: {name: text of the executed notebook} and
    timestamp: when it was submitted, both only until it is recorded.
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
        return [v["task"] for verdicts in self.verdicts.values() for v in verdicts if v.get("timed_out")]

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
    with open(course.work_folder / "entry", "w", encoding="utf-8") as handle:
        json.dump(asdict(entry), handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(handle.name, path)


def _path(course, assignment, student):
    return course.work_folder.parent / assignment / f"{student}.json"

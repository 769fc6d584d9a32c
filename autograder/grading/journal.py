"""The journal of judged submissions, on disk before they are recorded: `Entry`, `read` and `write`.

An entry is .autograder/ASSIGNMENT/STUDENT.json, written whole or not at all. If a command is killed between judging and
recording, the next one records the entry.
"""

import json
import os
from dataclasses import asdict, dataclass, replace

__all__ = ["Entry", "read", "write"]


@dataclass(frozen=True)
class Entry:
    """A judged submission. stamp: the fingerprint of what was judged, or None if it is to be judged again.

    verdicts: {notebook: [dict of a verdict, with its reason]}. notes: {notebook: [message]}. notebooks: {name: text of
    the executed notebook} and timestamp: when it was submitted, both only until it is recorded.
    """

    stamp: str | None
    verdicts: dict
    notes: dict
    notebooks: dict
    timestamp: str | None
    recorded: bool = False

    @property
    def timed_out(self):
        """The tasks that lost points because time was up; the next run judges the submission again."""
        return [v["task"] for verdicts in self.verdicts.values() for v in verdicts if v.get("timed_out")]

    def done(self):
        """The entry after it was recorded; its notebooks are in autograded/ then."""
        return replace(self, notebooks={}, timestamp=None, recorded=True)


def read(course, assignment, student):
    """Return the entry of a student, None if there is none that can be read."""
    try:
        return Entry(**json.loads(_path(course, assignment, student).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # none, or one of an older version
        return None


def write(course, assignment, student, entry):
    """Write the entry of a student; an older one is replaced."""
    path = _path(course, assignment, student)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(course.work_folder / "entry", "w", encoding="utf-8") as handle:
        json.dump(asdict(entry), handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(handle.name, path)


def _path(course, assignment, student):
    return course.work_folder.parent / assignment / f"{student}.json"

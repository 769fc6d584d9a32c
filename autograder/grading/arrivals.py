"""Notice what students submit while a class is graded: `Arrivals`."""

import os

from autograder.submission.misplaced import find_misplaced

__all__ = ["Arrivals"]


class Arrivals:
    """The submissions of an assignment that are new or have changed, each taken once it is no longer being written."""

    def __init__(self, course, assignment):
        self.course, self.assignment = course, assignment
        self.seen, self.taken = {}, {}

    def take(self):
        """Return the students whose submission, or the release, changed before the last call and not since."""
        release = _state(self.course.path("release", self.assignment))
        students = self.course.students(self.assignment)
        now = {s: (_state(self.course.path("submitted", self.assignment, s)), release) for s in students}
        now |= find_misplaced(self.course, self.assignment)
        settled = [s for s, state in now.items() if self.seen.get(s) == state != self.taken.get(s)]
        self.seen = now
        self.taken |= {student: now[student] for student in settled}
        return settled

    def give_back(self, students):
        """Let `take` return these students again."""
        for student in students:
            self.taken.pop(student, None)


def _state(folder):
    """When each file in a folder was last changed, and its size."""
    files = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            try:
                status = os.lstat(path)
            except OSError:  # it is being replaced
                continue
            files.append((path, status.st_mtime_ns, status.st_size))
    return sorted(files)

"""Grade the submissions of an assignment: they are judged in parallel and recorded one by one.

`grade` yields a `Result` for each student. A submission whose bytes were graded before is not graded again. Each bad
submission ends with a result of its own and does not affect the others. If it could not be judged, that is reported
and not recorded, so that an older grade stays. Verdicts are kept on disk until they are recorded: if the command is
killed, or finds a full disk or a locked gradebook, running it again finishes the work.
"""

import errno
import hashlib
import os
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, replace
from itertools import chain

from nbgrader.api import MissingEntry
from pebble import ProcessExpired

from autograder.course.folder import Course
from autograder.course.lock import locked
from autograder.course.release import register
from autograder.course.secret import hidden_seed
from autograder.errors import MachineError, NotGraded, UsageError, WorkerError
from autograder.grading import journal
from autograder.grading.gradebook import read_points, record
from autograder.grading.journal import Entry
from autograder.grading.points import Points, renew_penalties, summary_line, with_manual_points
from autograder.grading.submission import Options, grade_submission, notebook_paths
from autograder.grading.workers import pool, submit
from autograder.names import require_name
from autograder.sandbox.bubblewrap import require_sandbox
from autograder.submission.files import read_submission, student_files
from autograder.submission.misplaced import find_misplaced
from autograder.submission.timestamp import submission_time

__all__ = ["Result", "grade", "pool", "stamp_of"]

MARGIN_SECONDS = 120
# Errors that say nothing about a submission.
MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EROFS, errno.EIO, errno.EAGAIN}


@dataclass(frozen=True)
class Result:
    """The grade of a student. verdicts: {notebook: [dict of a verdict, with its reason]}; error: why there is none."""

    student: str
    points: Points = Points(0.0, 0.0, False, 0.0)
    verdicts: dict = None
    notes: dict = None
    error: str = ""

    @property
    def timed_out(self):
        """The tasks that lost points because time was up: somebody should look at them."""
        return [v["task"] for verdicts in (self.verdicts or {}).values() for v in verdicts if v.get("timed_out")]

    @property
    def score(self):
        return self.points.score

    @property
    def max_score(self):
        return self.points.max_score

    @property
    def manual(self):
        return self.points.manual

    @property
    def tasks(self):
        """The verdicts of all notebooks, with manual points."""
        return with_manual_points(
            [v for verdicts in (self.verdicts or {}).values() for v in verdicts], self.points.by_hand
        )

    def reasons(self):
        """One line for every task that lost points."""
        lines = [f"{name}: {note}" for name, notes in (self.notes or {}).items() for note in notes]
        return lines + [": ".join(line) for v in self.tasks if (line := summary_line(v))]

    def as_dict(self):
        return {
            "student": self.student,
            "score": self.score,
            "max": self.max_score,
            "raw_score": self.points.raw_score,
            "late_submission_penalty": self.points.penalty,
            "seconds_late": self.points.seconds_late,
            "needs_manual_grade": self.manual,
            "timed_out": self.timed_out,
            "tasks": self.tasks,
            "notes": self.notes or {},
            "error": self.error,
        }


def grade(course, assignment, options, student=None, force=False, executor=None):
    """Return an iterator over the Results of the students who submitted the assignment, in the order they are done.

    student: grade only this one, or those in a list. force: grade again what was graded before. Raises UsageError if
    there is no release, no such student or no submission, and MachineError if there is no sandbox.
    """
    released = course.released_files(assignment)
    students, misplaced_students = course.students(assignment), find_misplaced(course, assignment)
    chosen = [student] if isinstance(student, str) else student
    misplaced_results = [
        Result(name, error=message) for name, message in misplaced_students.items() if chosen is None or name in chosen
    ]
    selected = students if chosen is None else [name for name in students if name in chosen]
    if not selected and (misplaced_results or chosen == []):
        return iter(misplaced_results)
    if chosen is not None and not selected:
        raise UsageError(f"student: expected one of {', '.join(students) or 'none'} in submitted/, got {student!r}")
    if not students:
        raise UsageError(f"submitted/*/{assignment}: expected the folder of a student, found none; collect them first")
    if options.sandbox == "bwrap":
        require_sandbox()
    results = _GradingRun(course, assignment, options, released, executor).results(selected, force)
    return chain(misplaced_results, results)


@dataclass(frozen=True)
class _GradingRun:
    """Grading some students of an assignment. released: {relative path: bytes} of the released folder."""

    course: Course
    assignment: str
    options: Options
    released: dict
    executor: object

    def results(self, students, force):
        """Yield the results. What an overloaded machine may have spoilt is judged again, alone."""
        with locked(self.course):
            _require_in_gradebook(self.course, self.assignment)
            retried = []
            yield from self._judge_all(students, force, retried)
            yield from self._judge_all(retried, True)

    def _judge_all(self, students, force, retried=None):
        """Yield the results of students, with at most two submissions for every job in memory.

        retried: a list to which students are added that are to be judged again; None for the last try.
        """
        pending = {}
        for student in students:
            while len(pending) >= (1 if retried is None else 2 * getattr(self.executor, "jobs", os.cpu_count())):
                yield from self._collect(pending, retried)
            try:
                yield from self._start(student, force, pending)
            except Exception as error:
                yield Result(student, error=_line(error))
        while pending:
            yield from self._collect(pending, retried)

    def _start(self, student, force, pending):
        """Yield the earlier result of a student, or start a job that judges the submission and add it to pending."""
        require_name(student)
        folder, notebooks = self.course.path("submitted", self.assignment, student), notebook_paths(self.released)
        submitted, notes = read_submission(folder, self.options.limits, notebooks)
        notes += student_files(submitted, self.released)[1]
        options = replace(self.options, seed=hidden_seed(self.course, self.assignment, student))
        stamp = stamp_of(submitted, self.released, options)
        earlier = None if force else self._earlier_result(student, submitted, stamp)
        if earlier:
            yield earlier
            return
        arguments = submitted, self.released, self.assignment, student, options
        job = submit(self.executor, self._timeout(), grade_submission, *arguments)
        timestamp, note = submission_time(submitted)
        pending[job] = student, submitted, stamp, timestamp, notes + ([note] if note else [])

    def _timeout(self):
        """The seconds after which a job is ended. The limits end it long before, unless one fails."""
        limits = self.options.limits
        return len(notebook_paths(self.released)) * limits.notebook_seconds * limits.patience + MARGIN_SECONDS

    def _collect(self, pending, retried):
        """Wait for jobs; record those that are done, in the order they were started in, and yield their results."""
        done = wait(pending, return_when=FIRST_COMPLETED).done
        for job in [job for job in pending if job in done]:
            student, *details = pending.pop(job)
            if retried is not None and _may_be_overload(job):
                retried.append(student)
            else:
                yield self._finish(job, student, *details)

    def _finish(self, job, student, submitted, stamp, timestamp, notes):
        """Record a judged submission and return its result; an error here does not affect other students."""
        try:
            graded = job.result()
        except Exception as error:  # nothing of this is a verdict
            return Result(student, error=self._failure_message(error))
        return self._record(student, submitted, _entry(graded, stamp, timestamp, notes))

    def _failure_message(self, error):
        """Return a message on why a submission was not judged, and what to try."""
        if isinstance(error, MachineError | NotGraded | WorkerError):
            return _line(error)
        if getattr(error, "errno", None) in MACHINE_ERRORS:
            return f"machine: expected room to judge in, got {_line(error)}; run this again"
        message = f"{type(error).__name__}: {_line(error)}"
        if isinstance(error, ProcessExpired):
            message = "the process that judged it ended"
        elif isinstance(error, TimeoutError):
            message = f"that took longer than {self._timeout():.0f} s"
        return f"it could not be judged: {message}; run this again, with --jobs 1 if the machine is short of anything"

    def _record(self, student, submitted, entry):
        """Write an entry into the journal, then into the gradebook; return the result. On failure older grades stay."""
        try:
            if journal.read(self.course, self.assignment, student) != entry:
                journal.write(self.course, self.assignment, student, entry)
            points = record(self.course, self.assignment, student, entry, submitted)
            journal.write(self.course, self.assignment, student, entry.done())
        except Exception as error:
            message = f"judged but not recorded: {_line(error)}; fix that and run the same command again"
            return Result(student, error=message)
        return Result(student, points, entry.verdicts, entry.notes)

    def _earlier_result(self, student, submitted, stamp):
        """The result of an earlier run on the same bytes, recorded now if it was not, or None."""
        entry = journal.read(self.course, self.assignment, student)
        if entry is None or entry.stamp != stamp:
            return None
        if not entry.recorded:
            return self._record(student, submitted, entry)
        if entry.timed_out:
            return None
        if not self.course.path("autograded", self.assignment, student).is_dir():
            return None
        key = self.course, self.assignment, student
        try:
            points = read_points(*key)
            if points.late:  # or it was late when it was graded
                renew_penalties(*key)
                points = read_points(*key)
            return Result(student, points, entry.verdicts, entry.notes)
        except MissingEntry:  # a new gradebook
            return None


def _may_be_overload(job):
    """True if time was up on a busy machine, or the process ended, which too little memory may cause."""
    error = job.exception()
    return isinstance(error, TimeoutError | ProcessExpired) or (error is None and job.result().overloaded)


def _entry(graded, stamp, timestamp, notes):
    verdicts = {
        name: [v.as_dict() | {"reason": v.reason()} for v in results] for name, results in graded.verdicts.items()
    }
    all_notes = {name: texts for name, texts in ({"files": notes} | graded.notes).items() if texts}
    return Entry(stamp, verdicts, all_notes, graded.notebooks, timestamp)


def _require_in_gradebook(course, assignment):
    """Put the released assignment into the gradebook if it is not there, as in a new gradebook."""
    with course.transaction():
        with course.gradebook() as gradebook:
            names = [row.name for row in gradebook.assignments if row.notebooks]
        if assignment not in names:
            register(course, assignment)


def _line(error):
    return " ".join(str(error).split())[:300]


def stamp_of(submitted, released, options):
    """Return a fingerprint of all that decides the grade: the submission, the release and the options."""
    fingerprint = hashlib.sha256(repr(options).encode())
    for files in (submitted, released):
        for path, data in sorted(files.items()):
            fingerprint.update(path.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(data).digest())
    return fingerprint.hexdigest()

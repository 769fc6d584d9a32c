"""Grade the submissions of an assignment: judged in parallel, recorded one by one as they are done.

`grade` gives a `Result` for each student. What was graded before, from the same bytes, is not graded again. One bad
submission costs only itself: whatever happens to it, it ends with a result.
"""

import hashlib
import json
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course import read_folder
from autograder.errors import MachineError, UsageError
from autograder.record import record, scores
from autograder.release import register
from autograder.sandbox import require_sandbox
from autograder.step import grade_submission, unjudged

__all__ = ["Result", "grade", "pool"]

LARGEST_FILE = 20_000_000


@dataclass(frozen=True)
class Result:
    """A graded student. verdicts: {notebook: [dict of a verdict, with its reason]}; error: why there is no grade."""

    student: str
    score: float = 0.0
    max_score: float = 0.0
    manual: bool = False
    verdicts: dict = None
    notes: dict = None
    error: str = ""

    def reasons(self):
        """One line for every task that lost points."""
        found = [f"{name}: {note}" for name, notes in (self.notes or {}).items() for note in notes]
        for verdicts in (self.verdicts or {}).values():
            for v in verdicts:
                if v["reason"]:
                    found.append(f"{v['task']} ({v['score']:g} of {v['max']:g}): {v['reason']}")
        return found

    def as_dict(self):
        return {
            "student": self.student,
            "score": self.score,
            "max": self.max_score,
            "needs_manual_grade": self.manual,
            "tasks": [v for verdicts in (self.verdicts or {}).values() for v in verdicts],
            "notes": self.notes or {},
            "error": self.error,
        }


def pool(jobs=None, scheduler=None):
    """Return an executor: processes of this machine, or a Dask cluster at an address."""
    if scheduler is None:
        return ProcessPoolExecutor(jobs or os.cpu_count())
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "scheduler: expected the package distributed, found none; pip install 'chainrule[cluster]'"
        ) from None
    try:
        return Client(scheduler, timeout=10).get_executor()
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"scheduler: expected a Dask scheduler at {scheduler}, got {error}") from None


def grade(course, assignment, options, student=None, force=False, executor=None):
    """Return an iterator over the Results of the students who handed in the assignment, as they are done.

    student: grade only this one. force: grade again what was graded before.
    """
    released = course.released(assignment)
    students = course.students(assignment)
    if student is not None and student not in students:
        raise UsageError(f"student: expected one of {', '.join(students) or 'none'} in submitted/, got {student!r}")
    if not students:
        raise UsageError(f"submitted/*/{assignment}: expected the folder of a student, found none; collect them first")
    if options.sandbox == "bwrap":
        require_sandbox()
    _require_in_gradebook(course, assignment)
    return _results(course, assignment, options, [student] if student else students, released, force, executor)


def _results(course, assignment, options, students, released, force, executor):
    waiting = {}
    for name in students:
        submitted = read_folder(course.path("submitted", assignment, name), LARGEST_FILE)
        stamp = _stamp(submitted, released, options)
        known = None if force else _known(course, assignment, name, stamp)
        if known:
            yield known
        else:
            job = executor.submit(grade_submission, submitted, released, assignment, name, options)
            waiting[job] = name, submitted, stamp
    for job in as_completed(waiting):
        student, submitted, stamp = waiting[job]
        yield _finish(course, assignment, job, student, submitted, released, stamp)


def _finish(course, assignment, job, student, submitted, released, stamp):
    """Record a judged submission; whatever goes wrong here is this student's result and stops nobody else."""
    try:
        return _recorded(course, assignment, student, submitted, job.result(), stamp)
    except MachineError as error:
        return Result(student, error=str(error))
    except Exception as error:
        why = f"it could not be judged: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    try:
        blank = unjudged(released, assignment, student, why)
        return replace(_recorded(course, assignment, student, submitted, blank, stamp=None), error=why)
    except Exception as error:
        return Result(student, error=f"{why}; nor recorded: {' '.join(str(error).split())[:300]}")


def _recorded(course, assignment, student, submitted, graded, stamp):
    record(course, assignment, student, submitted, graded)
    verdicts = {name: [v.as_dict() | {"reason": v.reason()} for v in found] for name, found in graded.verdicts.items()}
    notes = {name: said for name, said in graded.notes.items() if said}
    result = Result(student, *scores(course, assignment, student), verdicts, notes)
    _remember(course, assignment, student, stamp, result)
    return result


def _require_in_gradebook(course, assignment):
    """The gradebook may be new on this machine: then the assignment is put into it as it was released."""
    with course.gradebook() as gradebook:
        names = [known.name for known in gradebook.assignments if known.notebooks]
    if assignment not in names:
        register(course, assignment)


def _stamp(submitted, released, options):
    """A fingerprint of all that decides the grade."""
    text = hashlib.sha256(repr(options).encode())
    for files in (submitted, released):
        for path, data in sorted(files.items()):
            text.update(path.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(data).digest())
    return text.hexdigest()


def _memory(course, assignment, student):
    return Path(course.root, ".autograder", assignment, f"{student}.json")


def _remember(course, assignment, student, stamp, result):
    path = _memory(course, assignment, student)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"stamp": stamp, "verdicts": result.verdicts, "notes": result.notes}
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    os.replace(temporary, path)


def _known(course, assignment, student, stamp):
    """The result of an earlier run on the same bytes, if it was recorded."""
    try:
        kept = json.loads(_memory(course, assignment, student).read_text(encoding="utf-8"))
        if kept["stamp"] != stamp or not course.path("autograded", assignment, student).is_dir():
            return None
        return Result(student, *scores(course, assignment, student), kept["verdicts"], kept["notes"])
    except Exception:  # no record, a half-written one, or a gradebook without the student: grade again
        return None

"""Write a graded submission into nbgrader's folders and gradebook, through nbgrader's own autograde.

`record` takes what was judged; nbgrader saves the scores and the penalties for lateness in one transaction, and the
executed notebooks replace those in autograded/. `scores` reads a student's points back.
"""

import os
import shutil
from contextlib import contextmanager

from nbgrader.utils import parse_utc

from autograder.course import complaint
from autograder.errors import GradingError
from autograder.plugin import SAVING

__all__ = ["handed_in", "record", "scores"]

PLAUSIBLE_YEARS = range(2000, 2100)
LONGEST_TIMESTAMP = 100


def record(course, assignment, student, entry):
    """Record an `Entry` and return the scores. Whatever fails, the gradebook and autograded/ stay as they were."""
    inbox, made = course.workplace / "submitted", course.workplace / "autograded"
    for folder in (inbox, made):
        shutil.rmtree(folder, ignore_errors=True)
    _lay_out(inbox / student / assignment, entry)
    # The notebooks come repaired, executed and judged: nbgrader only has to save them.
    api = course.nbgrader(
        CourseDirectory={
            "submitted_directory": str(inbox.relative_to(course.root)),
            "autograded_directory": str(made.relative_to(course.root)),
            "directory_structure": os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
        },
        Autograde={"sanitize_preprocessors": [], "autograde_preprocessors": SAVING},
    )
    with course.transaction() as transaction:
        result = api.autograde(assignment, student)
        if not result["success"]:
            if "KeyboardInterrupt" in result["error"].rstrip().rsplit("\n", 1)[-1]:
                raise KeyboardInterrupt
            raise GradingError(f"nbgrader could not record the grades of {assignment}: {complaint(result)}")
        found = scores(course, assignment, student)
        with _replaced(course.path("autograded", assignment, student), made / student / assignment, made / "old"):
            transaction.commit()
    return found


def scores(course, assignment, student):
    """Return (score, max score, needs manual grading) of a student's submission in the gradebook."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(assignment, student)
        return float(submission.score), float(submission.max_score), bool(submission.needs_manual_grade)


def handed_in(submitted):
    """Return the time in a submission's timestamp.txt as nbgrader reads it, as text, and a note if it is none."""
    data = submitted.get("timestamp.txt")
    if data is None:
        return None, ""
    try:
        if len(data) > LONGEST_TIMESTAMP:
            raise ValueError(f"{len(data)} bytes")
        found = parse_utc(data.decode().strip())
        if found.year not in PLAUSIBLE_YEARS:
            raise ValueError(f"the year {found.year}")
        return f"{found:%Y-%m-%d %H:%M:%S.%f} UTC", ""
    except Exception as error:  # a student can write anything here, and a parser of dates can raise anything
        said = " ".join(str(error).split())[:100]
        return None, f"expected a time, got {said}; it was left out, so that it counts neither as early nor as late"


def _lay_out(folder, entry):
    """Write an entry as nbgrader expects a submission."""
    folder.mkdir(parents=True)
    for name, text in entry.notebooks.items():
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8", errors="replace")
    if entry.timestamp:
        (folder / "timestamp.txt").write_text(entry.timestamp, encoding="utf-8")


@contextmanager
def _replaced(target, new, old):
    """Put a new folder in the place of target; what was there is put back if what follows fails."""
    if target.exists():
        shutil.move(target, old)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(new, target)
        try:
            yield
        except BaseException:
            shutil.move(target, new)
            raise
    except BaseException:
        if old.exists() and not target.exists():
            shutil.move(old, target)
        raise

"""Write a graded submission into nbgrader's folders and gradebook, through nbgrader's own autograde.

`record` takes what `step.grade_submission` made; nbgrader copies the executed notebooks to autograded/, saves the
scores and the penalties for lateness. `scores` reads a student's points back.
"""

import os
import tempfile
from pathlib import Path

from autograder.course import complaint
from autograder.errors import GradingError
from autograder.plugin import SAVING

__all__ = ["record", "scores"]


def record(course, assignment, student, submitted, graded):
    """Record a Graded submission of a student. submitted: {relative path: bytes} as it was handed in."""
    with tempfile.TemporaryDirectory(prefix="cr") as folder:
        target = Path(folder, student, assignment)
        target.mkdir(parents=True)
        for name, text in graded.notebooks.items():
            (target / f"{name}.ipynb").write_text(text, encoding="utf-8")
        if "timestamp.txt" in submitted:
            (target / "timestamp.txt").write_bytes(submitted["timestamp.txt"])
        # The notebooks come repaired, executed and judged: nbgrader only has to save them.
        api = course.nbgrader(
            CourseDirectory={"submitted_directory": folder},
            Autograde={"sanitize_preprocessors": [], "autograde_preprocessors": SAVING},
        )
        here = os.getcwd()
        try:
            result = api.autograde(assignment, student)
        finally:
            os.chdir(here)
    if not result["success"]:
        words = complaint(result)
        raise GradingError(f"{student}: nbgrader could not record the grades of {assignment}: {words}")


def scores(course, assignment, student):
    """Return (score, max score, needs manual grading) of a student's submission in the gradebook."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(assignment, student)
        return float(submission.score), float(submission.max_score), bool(submission.needs_manual_grade)

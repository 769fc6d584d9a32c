"""Write a graded submission into nbgrader's folders and gradebook, through nbgrader's own autograde.

`record` lets nbgrader save the scores and late penalties in one transaction, and puts the executed notebooks and the
other submitted files into autograded/, as nbgrader does. `read_points` reads a student's points from the gradebook.
`SaveVerdicts` writes the reasons for lost points into the gradebook; `nbgrader autograde` uses it, too.
"""

import os
import shutil
import stat
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors.base import NbGraderPreprocessor

from autograder.course.folder import failure_message
from autograder.errors import GradingError
from autograder.grading.points import points_of

__all__ = ["SAVING_STEPS", "SaveVerdicts", "read_points", "record"]

NBGRADER = "nbgrader.preprocessors."
SAVING_STEPS = [
    NBGRADER + "LimitOutput",
    NBGRADER + "SaveAutoGrades",
    "autograder.grading.gradebook.SaveVerdicts",
    NBGRADER + "AssignLatePenalties",
    NBGRADER + "CheckCellMetadata",
]
# Formgrader hands out what is in autograded/, and feedback/ gets a copy: these would run in the reader's browser.
PAGES = {".htm", ".html", ".mht", ".mhtml", ".shtml", ".svg", ".svgz", ".xht", ".xhtml", ".xml", ".xsl", ".xslt"}


def record(course, assignment, student, entry, submitted):
    """Record an `Entry` and return the `Points`. If anything fails, the gradebook and autograded/ do not change.

    submitted: {relative path: bytes} of the submission. Raises GradingError with nbgrader's message.
    """
    inbox, graded = course.work_folder / "submitted", course.work_folder / "autograded"
    for folder in (inbox, graded):
        shutil.rmtree(folder, ignore_errors=True)
    _write_submission(inbox / student / assignment, entry)
    # The notebooks are repaired, executed and judged already; nbgrader only saves them.
    api = course.nbgrader(
        CourseDirectory={
            "submitted_directory": str(inbox.relative_to(course.root)),
            "autograded_directory": str(graded.relative_to(course.root)),
            "directory_structure": os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
        },
        Autograde={"sanitize_preprocessors": [], "autograde_preprocessors": SAVING_STEPS},
    )
    with course.transaction() as transaction:
        result = api.autograde(assignment, student)
        if not result["success"]:
            if "KeyboardInterrupt" in result["error"].rstrip().rsplit("\n", 1)[-1]:
                raise KeyboardInterrupt
            raise GradingError(f"nbgrader could not record the grades of {assignment}: {failure_message(result)}")
        points = read_points(course, assignment, student)
        _copy_files(submitted, graded / student / assignment, course.directory.ignore)
        with _replace_folder(
            course.path("autograded", assignment, student), graded / student / assignment, graded / "old"
        ):
            transaction.commit()
    return points


def read_points(course, assignment, student):
    """Return the `Points` of a student's submission in the gradebook. Raises nbgrader's MissingEntry if it has none."""
    with course.gradebook() as gradebook:
        return points_of(gradebook.find_submission(assignment, student))


def _write_submission(folder, entry):
    """Write an entry as nbgrader expects a submission."""
    folder.mkdir(parents=True)
    for name, text in entry.notebooks.items():
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8", errors="replace")
    if entry.timestamp:
        (folder / "timestamp.txt").write_text(entry.timestamp, encoding="utf-8")


def _copy_files(submitted, folder, ignored):
    """Write the files that were submitted beside the notebooks; nbgrader needs one of them to release feedback.

    Files that nbgrader has written there, such as the instructor's own, stay. ignored: patterns of names.
    """
    mode = min(stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.ipynb"))
    for path, data in submitted.items():
        names, kind = path.split("/"), PurePosixPath(path).suffix
        skipped = any(fnmatchcase(name, pattern) for name in names for pattern in ignored)
        target = folder / path
        # nbgrader has copied a timestamp.txt with the time that was read; if there is none, it could not be read.
        if skipped or kind == ".ipynb" or kind.lower() in PAGES or path == "timestamp.txt" or target.exists():
            continue
        # A name that is too long here, or that of a file and of a folder, is left out.
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(mode)


@contextmanager
def _replace_folder(target, new, old):
    """Replace the folder target by new, keeping it as old; undo that if the body of the `with` fails."""
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


class SaveVerdicts(NbGraderPreprocessor):
    """Save the reason for lost points as the automatic comment of the cell with the answer.

    If time was up, the cell needs manual grading.
    """

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            for cell in nb.cells:
                verdict = cell.metadata.get("chainrule")
                if verdict and utils.is_grade(cell):
                    solution = cell.metadata.nbgrader["grade_id"].removeprefix("test_")
                    notebook = names["notebook"], names["assignment"], names["student"]
                    gradebook.find_comment(solution, *notebook).auto_comment = verdict["reason"] or None
                    if verdict.get("timed_out"):
                        gradebook.find_grade(cell.metadata.nbgrader["grade_id"], *notebook).needs_manual_grade = True
            gradebook.db.commit()
        return nb, resources

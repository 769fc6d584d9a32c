"""Write a graded submission into nbgrader's folders and gradebook, through nbgrader's own autograde.

`record` takes what was judged; nbgrader saves the scores and the penalties for lateness in one transaction, and the
executed notebooks replace those in autograded/, with the other files of the submission, as nbgrader copies them.
`scores` reads a student's points back. `SaveVerdicts` writes reasons into the gradebook, in nbgrader's autograde, too.
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

__all__ = ["SAVING", "SaveVerdicts", "record", "scores"]

NBGRADER = "nbgrader.preprocessors."
SAVING = [
    NBGRADER + "LimitOutput",
    NBGRADER + "SaveAutoGrades",
    "autograder.grading.gradebook.SaveVerdicts",
    NBGRADER + "AssignLatePenalties",
    NBGRADER + "CheckCellMetadata",
]
# Formgrader hands out what is in autograded/, and feedback/ gets a copy: these would run in the reader's browser.
PAGES = {".htm", ".html", ".mht", ".mhtml", ".shtml", ".svg", ".svgz", ".xht", ".xhtml", ".xml", ".xsl", ".xslt"}


def record(course, assignment, student, entry, submitted):
    """Record an `Entry` and return the `Points`. Whatever fails, the gradebook and autograded/ stay as they were.

    submitted: {relative path: bytes} of the submission.
    """
    inbox, graded = course.work_folder / "submitted", course.work_folder / "autograded"
    for folder in (inbox, graded):
        shutil.rmtree(folder, ignore_errors=True)
    _lay_out(inbox / student / assignment, entry)
    # The notebooks come repaired, executed and judged: nbgrader only has to save them.
    api = course.nbgrader(
        CourseDirectory={
            "submitted_directory": str(inbox.relative_to(course.root)),
            "autograded_directory": str(graded.relative_to(course.root)),
            "directory_structure": os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
        },
        Autograde={"sanitize_preprocessors": [], "autograde_preprocessors": SAVING},
    )
    with course.transaction() as transaction:
        result = api.autograde(assignment, student)
        if not result["success"]:
            if "KeyboardInterrupt" in result["error"].rstrip().rsplit("\n", 1)[-1]:
                raise KeyboardInterrupt
            raise GradingError(f"nbgrader could not record the grades of {assignment}: {failure_message(result)}")
        points = scores(course, assignment, student)
        _carry(submitted, graded / student / assignment, course.directory.ignore)
        with _replaced(course.path("autograded", assignment, student), graded / student / assignment, graded / "old"):
            transaction.commit()
    return points


def scores(course, assignment, student):
    """Return the `Points` of a student's submission in the gradebook."""
    with course.gradebook() as gradebook:
        return points_of(gradebook.find_submission(assignment, student))


def _lay_out(folder, entry):
    """Write an entry as nbgrader expects a submission."""
    folder.mkdir(parents=True)
    for name, text in entry.notebooks.items():
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8", errors="replace")
    if entry.timestamp:
        (folder / "timestamp.txt").write_text(entry.timestamp, encoding="utf-8")


def _carry(submitted, folder, ignored):
    """Write the files that were submitted beside the notebooks, among them the secret by which feedback is released.

    What nbgrader has put there stays, above all the instructor's own files. ignored: patterns of names.
    """
    mode = min(stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.ipynb"))
    for path, data in submitted.items():
        names, kind = path.split("/"), PurePosixPath(path).suffix
        skipped = any(fnmatchcase(name, pattern) for name in names for pattern in ignored)
        target = folder / path
        # nbgrader's copy of timestamp.txt is the time as it was understood; without one, nobody could.
        if skipped or kind == ".ipynb" or kind.lower() in PAGES or path == "timestamp.txt" or target.exists():
            continue
        # A name that is a file's here and a folder's there, or too long to be put here, is left out.
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(mode)


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


class SaveVerdicts(NbGraderPreprocessor):
    """Write why points were lost as the automatic comment of the cell in which the task is solved.

    Where time was up, the points wait for somebody who looks at them.
    """

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            for cell in nb.cells:
                verdict = cell.metadata.get("chainrule")
                if verdict and utils.is_grade(cell):
                    solution = cell.metadata.nbgrader["grade_id"].removeprefix("test_")
                    place = solution, names["notebook"], names["assignment"], names["student"]
                    gradebook.find_comment(*place).auto_comment = verdict["reason"] or None
                    if verdict.get("timed_out"):
                        gradebook.find_grade(cell.metadata.nbgrader["grade_id"], *place[1:]).needs_manual_grade = True
            gradebook.db.commit()
        return nb, resources

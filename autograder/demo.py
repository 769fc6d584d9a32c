"""The whole round on a made-up class: release, leak check, submissions, grading, feedback pages, the grade table."""

import os
import shutil
import time
from argparse import Namespace
from pathlib import Path

from autograder.anywhere import require_path
from autograder.classroom import ROSTER, make_class
from autograder.course import CONFIG, Course
from autograder.errors import UsageError
from autograder.feedback import write_feedback
from autograder.grade import pool
from autograder.leaks import find_leaks
from autograder.naming import shown
from autograder.release import release
from autograder.table import text_table

__all__ = ["new_course", "run_demo"]

MARK = ".chainrule-demo"
ASSIGNMENT = "assignment1"


def new_course(course, folder):
    """Make a course folder with a copy of source/; an older demo there is replaced, anything else is left alone."""
    asked, folder = folder, Path(os.path.realpath(folder))
    if not asked or not _free(folder):
        found = str(asked) or repr("")
        raise UsageError(f"demo: expected an empty folder or an older demo, got {found}; choose another with --folder")
    require_path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UsageError(
            f"demo: expected a folder that can be made, got {folder!s:.300}: {error.strerror}; choose another"
        ) from None
    (folder / MARK).touch()
    shutil.copy(course.root / CONFIG, folder)
    shutil.copytree(course.root / "source", folder / "source")
    return Course(folder)


def _free(folder):
    return not os.path.lexists(folder) or folder.is_dir() and (not any(folder.iterdir()) or (folder / MARK).exists())


def run_demo(course, folder, options, jobs=None):
    """Run the round and print what happens; return 0 unless something went wrong that is not a student's doing."""
    from autograder.__main__ import run_grade

    start = time.monotonic()
    made = new_course(course, folder)
    files = release(made, ASSIGNMENT)
    leaks = find_leaks(made.path("release", ASSIGNMENT))
    print(f"Released {ASSIGNMENT}: {len(files)} files, {len(leaks)} leaks.")
    make_class(made, ASSIGNMENT)
    print(f"{len(ROSTER)} students handed in:")
    for student in ROSTER:
        print(f"    {student.name}: {student.story}")
    results = run_grade(
        made, ASSIGNMENT, options, Namespace(jobs=jobs, scheduler=None, student=None, force=False), pool
    )
    with pool(jobs) as executor:
        problems = write_feedback(made, ASSIGNMENT, [r.student for r in results if not r.error], executor)
    print(text_table(results))
    print(f"Feedback pages: {shown(made.root / 'feedback')}")
    print(f"Finished in {time.monotonic() - start:.0f} s.")
    for student, problem in problems.items():
        print(f"{student}: no feedback page, {problem}")
    return 1 if leaks or problems or any(r.error for r in results) else 0

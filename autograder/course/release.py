"""Release an assignment: nbgrader's student version, the student edition of the package, and the leak check.

Everything is made in a temporary folder of the course. It replaces the old release only if it has no leak and no
missing import.
"""

import os
from pathlib import Path

import nbformat

from autograder.course.edition import write_edition
from autograder.course.folder import failure_message, read_folder
from autograder.course.import_check import missing_imports
from autograder.course.leaks import find_leaks
from autograder.course.lock import locked
from autograder.course.secret import course_secret
from autograder.course.sync import sync
from autograder.course_table import course_table
from autograder.errors import GradingError, SpecError, UsageError
from autograder.tasks.catalog import of_assignment

__all__ = ["add_edition", "register", "release"]

# nbgrader's message if notebooks were added, removed or renamed once there are submissions.
NOTEBOOKS_CHANGED = "Cannot modify existing assignment"
HAS_GRADES = (
    "release: expected the notebooks of {0} that the gradebook has grades for, got {1!r}; put them back "
    "as they were (their questions may change), or keep a copy of gradebook.db, run "
    "`nbgrader db assignment remove {0} --force`, which forgets what was given by hand, then release and grade again"
)


def release(course, assignment):
    """Make assignments/ASSIGNMENT from source/ASSIGNMENT; return the sorted paths of its files.

    Raises UsageError, SpecError or GradingError with what is wrong; the old release then stays.
    """
    course.require(assignment)
    drift = sync(course.root, assignment, write=False)
    if drift:
        raise SpecError(
            f"release: expected the package's text in {', '.join(drift)}; run `autograder sync {assignment}`"
        )
    _require_listed(course.path("source", assignment), assignment)
    _require_tasks(course.path("source", assignment), assignment)
    target = course.path("release", assignment)
    with locked(course), course.transaction():
        course_secret(course)
        new_release = _generate(course, assignment)
        write_edition(new_release, assignment, old=target)
        leaks = find_leaks(new_release, assignment)
        if leaks:
            raise GradingError(f"release: expected nothing that gives a solution away, found {'; '.join(leaks)}")
        if missing := missing_imports(new_release):
            raise SpecError(
                f"release: expected a folder that holds what its code imports, found {'; '.join(missing)}; "
                "say in course.toml from which assignment on a module is there"
            )
        target.parent.mkdir(exist_ok=True)
        old = course.work_folder / "old"
        if target.exists():
            os.replace(target, old)
        os.replace(new_release, target)
    return sorted(read_folder(target))


def register(course, assignment):
    """Put an assignment into the gradebook as nbgrader's release does, without changing the released folder."""
    _generate(course, assignment)


def add_edition(assignment, **_):
    """The hook that `nbgrader generate_assignment` calls at its end, in the course's folder."""
    write_edition(Path("assignments", assignment), assignment)


def _generate(course, assignment):
    """Run nbgrader's generate_assignment into the work folder, without our hook; return the folder."""
    folder = course.work_folder / "release"
    api = course.nbgrader(
        CourseDirectory={"release_directory": str(folder)}, GenerateAssignment={"post_convert_hook": lambda **_: None}
    )
    result = api.generate_assignment(assignment)
    if not result["success"]:
        message = failure_message(result)
        if NOTEBOOKS_CHANGED in message:
            raise UsageError(HAS_GRADES.format(assignment, message))
        if "release: expected " in message:  # an error of ours, after the name of its class
            raise UsageError(message[message.index("release: ") :])
        raise UsageError(f"release: nbgrader could not make the student version of {assignment}: {message}")
    return folder / assignment


def _require_listed(folder, assignment):
    """Raise UsageError unless every notebook is in the table of the course."""
    row = course_table().get(assignment)
    if row is None:
        raise UsageError(f"release: expected a row [{assignment}] in course.toml, found none; add it")
    if unlisted := sorted({path.stem for path in folder.glob("*.ipynb")} - set(row.notebooks)):
        raise UsageError(
            f"release: expected the notebooks of [{assignment}] in course.toml ({', '.join(row.notebooks)}), "
            f"found {unlisted[0]}.ipynb; add it there"
        )


def _require_tasks(folder, assignment):
    """Raise SpecError unless every autograded cell belongs to a task: without a spec it could not be judged."""
    tests = {task.test_id for task in of_assignment(assignment).values()}
    for path in sorted(folder.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            label = cell.metadata.get("nbgrader", {})
            if label.get("grade") and not label.get("solution") and label["grade_id"] not in tests:
                raise SpecError(
                    f"{path.name}, cell {label['grade_id']}: expected the test of a task in autograder/tasks, got none"
                )

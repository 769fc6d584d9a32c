"""The course of the demo: `new_course` makes a folder for it with a copy of source/."""

import os
import shutil
from pathlib import Path

from autograder.course.folder import CONFIG, Course
from autograder.course.nbgrader_paths import require_path
from autograder.errors import UsageError

__all__ = ["new_course"]

MARK = ".chainrule-demo"


def new_course(course, folder):
    """Make a course folder with a copy of source/ and return its `Course`; an older demo in it is replaced.

    Raises UsageError for any other folder that is not empty.
    """
    argument, folder = folder, Path(os.path.realpath(folder))
    if not argument or not _is_free(folder):
        got = str(argument) or repr("")
        raise UsageError(f"demo: expected an empty folder or an older demo, got {got}; choose another with --folder")
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


def _is_free(folder):
    return not os.path.lexists(folder) or folder.is_dir() and (not any(folder.iterdir()) or (folder / MARK).exists())

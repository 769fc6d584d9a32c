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
    """Make a course folder with a copy of source/; an older demo there is replaced, anything else is left alone."""
    asked, folder = folder, Path(os.path.realpath(folder))
    if not asked or not _free(folder):
        got = str(asked) or repr("")
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


def _free(folder):
    return not os.path.lexists(folder) or folder.is_dir() and (not any(folder.iterdir()) or (folder / MARK).exists())

"""The student edition of the package for an assignment: selected files, none edited, and the answer key.

`edition_files` lists the files; `write_edition` copies them into a released folder, `write_modules` without the key.
"""

import shutil
from pathlib import Path

import chainrule
from autograder.course.answer_key import write_key
from autograder.course.student_readme import readme_text
from autograder.course_table import course_table
from autograder.errors import UsageError

__all__ = ["earlier_modules", "edition_files", "excluded_modules", "module_of", "write_edition", "write_modules"]

PACKAGE = Path(chainrule.__file__).parent


def excluded_modules(assignment):
    """The modules a student of this assignment does not get: those it teaches, and those later ones teach or add.

    Raises UsageError for an unknown assignment, as all functions here do.
    """
    this, *later = _rows_from(assignment)
    return [*this.teaches, *(module for row in later for module in row.teaches + row.added_modules)]


def earlier_modules(assignment):
    """The modules that earlier assignments teach: the student edition holds them in full."""
    later = [row.name for row in _rows_from(assignment)]
    return [m for name, row in course_table().items() if name not in later for m in row.teaches]


def _rows_from(assignment):
    """The rows of the course table from this assignment on."""
    names = list(course_table())
    if assignment not in names:
        raise UsageError(f"assignment: expected one of {', '.join(names)}, got {assignment!r}")
    return [course_table()[name] for name in names[names.index(assignment) :]]


def module_of(path):
    """The module that a file of the package belongs to, as course.toml names it: "norm", "gan", "lessons.graphs"."""
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:2]) if parts[0] == "lessons" and parts[1:] != ("__init__",) else parts[0]


def edition_files(assignment):
    """The files of the package in the student edition, relative to the package's folder."""
    excluded = excluded_modules(assignment)
    files = [p.relative_to(PACKAGE) for p in sorted(PACKAGE.rglob("*")) if p.suffix in (".py", ".json")]
    return [p for p in files if module_of(p) not in excluded]


def write_edition(folder, assignment, old=None):
    """Write folder/chainrule, the student edition with the answer key, the data it reads, and a README.

    old: the folder of an earlier release; its answer key is used again if it is equivalent.
    """
    write_modules(folder, assignment)
    readme = Path(folder, "README.md")
    if not readme.exists():  # it may be the instructor's, from source/
        readme.write_text(readme_text(assignment), encoding="utf-8")
    key = Path("chainrule", "answers", f"{assignment}.npz")
    Path(folder, key).parent.mkdir(exist_ok=True)
    write_key(Path(folder, key), assignment, Path(old, key) if old else None)


def write_modules(folder, assignment):
    """Write folder/chainrule without an answer key, and the data it reads."""
    target = Path(folder, "chainrule")
    for path in edition_files(assignment):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE / path, target / path)
    later = {path for row in _rows_from(assignment)[1:] for path in row.data}
    for path in (path for row in course_table().values() for path in row.data if path not in later):
        Path(folder, path).parent.mkdir(exist_ok=True)
        shutil.copyfile(PACKAGE.parent / path, Path(folder, path))

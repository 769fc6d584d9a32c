"""The table of the course, course.toml: `course_table` reads it, `Assignment` is a row.

Release, student edition, leak check, task catalog and tests read it; no other place says what belongs to an assignment.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import autograder
import chainrule
from autograder.errors import UsageError

__all__ = ["Assignment", "course_table", "read_table"]

PACKAGE = Path(chainrule.__file__).parent
GRADER = Path(autograder.__file__).parent
# At the top of a checkout; an installed package, which has no files beside it, holds a copy.
CHECKOUT = (GRADER.parent / "course.toml").is_file()
FILE = (GRADER.parent if CHECKOUT else GRADER) / "course.toml"


@dataclass(frozen=True)
class Assignment:
    """The row of an assignment in course.toml; all fields but name and title are tuples of names."""

    name: str
    title: str
    notebooks: tuple
    teaches: tuple = ()
    specs: tuple = ()
    modules: tuple = ()
    lessons: tuple = ()
    data: tuple = ()

    @property
    def added_modules(self):
        """The modules that exist from this assignment on, as they are imported from chainrule."""
        return self.modules + tuple(f"lessons.{name}" for name in self.lessons)


@cache
def course_table():
    """Return {name: Assignment} of the course, in order."""
    return read_table(FILE)


def read_table(file):
    """Return {name: Assignment} of a table; raise UsageError if something is wrong with it."""
    try:
        rows = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong("a table of the assignments", f"{error.strerror}: {file}") from None
    except ValueError as error:  # UnicodeDecodeError and TOMLDecodeError
        raise _wrong("a table in TOML", str(error)) from None
    if not rows:
        raise _wrong("a table [NAME] for each assignment", "none")
    table = {name: _assignment(name, row) for name, row in rows.items()}
    _require_once(table)
    for assignment in table.values():
        _require_files(assignment)
    return table


def _assignment(name, row):
    keys = [field.name for field in fields(Assignment) if field.name != "name"]
    if not isinstance(row, dict):
        raise _wrong("a table [NAME] for each assignment", f"{name} = {row!r}")
    if unknown := [key for key in row if key not in keys]:
        raise _wrong(f"one of {', '.join(keys)} in [{name}]", unknown[0])
    if missing := [key for key in ("title", "notebooks") if not row.get(key)]:
        raise _wrong(f"a {missing[0]} in [{name}]" if missing[0] == "title" else f"notebooks in [{name}]", "none")
    if not isinstance(row["title"], str):
        raise _wrong(f"a text as the title of [{name}]", repr(row["title"]))
    lists = {key: value for key, value in row.items() if key != "title"}
    for key, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise _wrong(f'a list of names for {key} in [{name}], such as ["knn", "svm"]', repr(value))
    return Assignment(name, row["title"], **{key: tuple(value) for key, value in lists.items()})


def _require_once(table):
    """Raise UsageError if a module, data file or notebook's name is listed for two assignments."""
    for row in table.values():
        if len(set(row.specs)) < len(row.specs):
            raise _wrong(f"each of the specs in [{row.name}] once", ", ".join(row.specs))
    for key in ("notebooks", "teaches", "modules", "lessons", "data"):
        listed = [(name, row.name) for row in table.values() for name in getattr(row, key)]
        counts = Counter(name for name, _ in listed)
        if duplicates := [f"{name} in [{row_name}]" for name, row_name in listed if counts[name] > 1]:
            raise _wrong(f"each of the {key} once", " and ".join(duplicates))
    teaches, modules = (
        {name for row in table.values() for name in getattr(row, key)} for key in ("teaches", "modules")
    )
    if common := teaches & modules:
        raise _wrong("a module in teaches or in modules", f"{sorted(common)[0]} in both")


def _require_files(row):
    for name in row.teaches + row.modules + tuple(f"lessons/{lesson}" for lesson in row.lessons):
        if not (PACKAGE / f"{name}.py").is_file() and not (PACKAGE / name / "__init__.py").is_file():
            raise _wrong(f"modules of chainrule/ in [{row.name}]", f"{name}, and there is no chainrule/{name}.py")
    for name in row.specs:
        if not (GRADER / "tasks" / row.name / f"{name}.py").is_file():
            raise _wrong(f"modules of autograder/tasks/{row.name}/ for specs", f"{name}, and there is no {name}.py")
    for path in row.data if CHECKOUT else ():
        if not (PACKAGE.parent / path).is_file():
            raise _wrong(f"files beside chainrule/ for data in [{row.name}]", f"{path}, and there is none")


def _wrong(expected, got):
    return UsageError(f"course.toml: expected {expected}, got {' '.join(got.split())[:200]}; edit course.toml")

"""The room of the task specs: which modules hold tasks, when they are loaded, and what they may import."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import tasks
from autograder.course_table import course_table

ROOM = Path(tasks.__file__).parent
FILES = sorted(ROOM.rglob("*.py"))
SHARED = {"layer_checks", "spec"}  # what the specs of all assignments may use


def imported_by(path):
    """Return the modules that a file imports, and the names it imports from packages."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "expected imports by full names"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_assignment_has_a_folder():
    assert {path.name for path in ROOM.iterdir() if (path / "__init__.py").exists()} == set(course_table())


@pytest.mark.parametrize("assignment", course_table())
def test_a_folder_lists_all_modules_that_hold_tasks(assignment):
    package = f"{tasks.__name__}.{assignment}"
    modules = {path.stem for path in (ROOM / assignment).glob("*.py")} - {"__init__"}
    holding = {name for name in modules if hasattr(importlib.import_module(f"{package}.{name}"), "TASKS")}
    assert sorted(course_table()[assignment].specs) == sorted(holding)


@pytest.mark.parametrize("assignment", course_table())
def test_one_assignment_is_loaded_alone(assignment):
    load = f"from autograder.tasks.catalog import of_assignment; of_assignment({assignment!r})"
    code = f"import sys; {load}; print(*sys.modules)"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = [name.split(".") for name in completed.stdout.split() if name.startswith("autograder.tasks.assignment")]
    assert {parts[2] for parts in loaded} == {assignment}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOM)))
def test_a_spec_imports_the_package_and_nothing_of_the_grader(path):
    for name in imported_by(path):
        top, *rest = name.split(".")
        assert top != "autograder" or rest[0] in ("errors", "tasks", "course_table"), name
        if top == "autograder" and path.parent != ROOM:
            assert rest[1] in {*SHARED, path.parent.name}, name

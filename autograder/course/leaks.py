"""Find solutions, hidden tests, reference code and outputs in a released folder: `find_leaks`.

Code is compared by its syntax tree, so that other names, comments or line breaks do not hide a copy.
"""

import ast
import os
from functools import cache
from pathlib import Path

import nbformat

from autograder.course.edition import earlier_modules, excluded_modules, module_of
from autograder.course.folder import read_folder
from autograder.course_table import course_table
from autograder.errors import UsageError
from autograder.python_parser import parse_python
from autograder.tasks import catalog

__all__ = ["find_leaks"]

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "hidden_tests")
SECRET_NAMES = ("gradebook", "autograder", "solution")
ALLOWED = {".ipynb", ".py", ".npz", ".json", ".png", ".txt", ".md", ".csv", ".yml"}
LONG_STATEMENT = 25  # characters; everybody writes the same shorter statements, such as `loss = 0.0`


def find_leaks(folder, assignment=None):
    """Return a message "path: leak" for everything in the folder that a student must not get.

    assignment: the assignment that was released, by default the folder's name. Raises UsageError if there is no folder,
    and MachineError for a file that cannot be read.
    """
    if not os.path.isdir(folder):  # "" is no folder either
        got = str(folder)[:300] or repr("")
        raise UsageError(f"leaks: expected a released folder, got {got}; run `autograder release` first")
    folder = Path(folder)
    assignment = assignment or folder.resolve().name
    excluded, earlier = (), ()
    if assignment in course_table():
        excluded, earlier = excluded_modules(assignment), earlier_modules(assignment)
    secret = frozenset(task.name for task in catalog.TASKS if task.module.__name__.split(".")[1] not in earlier)
    leaks = []
    read_folder(folder)  # raises for a file that cannot be read, and so not be checked
    for path in sorted(p for p in folder.rglob("*") if p.is_file() or p.is_symlink()):
        relative = str(path.relative_to(folder))
        if "__pycache__" in path.parts:
            continue
        leaks += [f"{relative}: {leak}" for leak in _in_file(path, excluded, earlier, secret)]
    return leaks


def _module(path):
    """The module of chainrule/ that a Python file belongs to, as `module_of` names it, or None."""
    if path.suffix != ".py" or "chainrule" not in path.parts[:-1]:
        return None
    last = len(path.parts) - 2 - path.parts[-2::-1].index("chainrule")
    return module_of(Path(*path.parts[last + 1 :]))


def _in_file(path, excluded, earlier, secret):
    """The leaks in a file. excluded, earlier: modules that must be absent and may be there. secret: names of tasks."""
    if path.is_symlink():
        return ["is a symbolic link"]
    if path.suffix not in ALLOWED or path.name.startswith("."):
        return [f"a file of this kind ({path.name}) does not belong into a release"]
    if any(name in path.stem.lower() for name in SECRET_NAMES):
        return ["its name is one of the grader's files"]
    module = _module(path)
    if module in excluded:
        return ["the module is taught in this assignment, or belongs to a later one"]
    if path.suffix == ".ipynb":
        return _in_notebook(nbformat.read(path, as_version=4), secret)
    if path.suffix == ".py" and module not in earlier:
        return _in_code(path.read_text(encoding="utf-8"), secret)
    return []


def _in_notebook(notebook, secret):
    leaks = []
    for number, cell in enumerate(notebook.cells):
        label = f"cell {number}"
        leaks += [f"{label}: holds {marker!r}" for marker in MARKERS if marker in cell.source]
        if cell.cell_type != "code":
            continue
        if cell.outputs or cell.execution_count:
            leaks.append(f"{label}: holds stored outputs")
        metadata = cell.metadata.get("nbgrader", {})
        if metadata.get("solution") and not metadata.get("grade") and "NotImplementedError" not in cell.source:
            leaks.append(f"{label}: the solution was not taken out")
        leaks += [f"{label}: {leak}" for leak in _in_code(cell.source, secret)]
    return leaks


def _in_code(text, secret):
    """Messages on statements that follow each other as they do in a reference function."""
    try:
        return sorted(set(_reference_code(parse_python(_without_magics(text)), secret)))
    except (SyntaxError, ValueError):
        return []  # it is not Python
    except (RecursionError, MemoryError):
        return ["holds code that is nested too deeply to be checked"]


def _reference_code(tree, secret):
    for body in _bodies(tree):
        shapes = [_shape(statement) for statement in body]
        for pair in zip(shapes, shapes[1:], strict=False):
            if name := _reference_pairs(secret).get(pair):
                yield f"holds reference code of {name}"
        for statement in body:
            if isinstance(statement, ast.Return) and (name := _reference_returns(secret).get(ast.dump(statement))):
                yield f"holds reference code of {name}"


def _without_magics(text):
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in text.split("\n"))


def _bodies(tree):
    """Every list of statements, at any depth."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                yield body


class _Renamed(ast.NodeTransformer):
    """Replace every variable by one name, which leaves the shape of the code."""

    def visit_Name(self, node):  # noqa: N802 the name is the ast module's
        return ast.copy_location(ast.Name("x", node.ctx), node) if node.id != "np" else node


def _shape(statement):
    text = ast.unparse(statement)
    if len(text) < LONG_STATEMENT or isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import):
        return None
    return ast.dump(_Renamed().visit(parse_python(text)))


@cache
def _reference_pairs(secret):
    """{(shape, shape): task} of two long statements that follow each other in a reference function."""
    pairs = {}
    for task in (task for task in catalog.TASKS if task.name in secret):
        for body in _bodies(ast.parse(task.source())):
            shapes = [_shape(statement) for statement in body]
            pairs |= {p: task.name for p in zip(shapes, shapes[1:], strict=False) if None not in p}
    return pairs


@cache
def _reference_returns(secret):
    """{return statement: task} of the reference functions that are one long return."""
    returns = {}
    for task in (task for task in catalog.TASKS if task.name in secret):
        body = [s for s in ast.parse(task.source()).body[0].body if not _is_docstring(s)]
        if len(body) == 1 and isinstance(body[0], ast.Return):
            returns[ast.dump(body[0])] = task.name
    return returns


def _is_docstring(statement):
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)

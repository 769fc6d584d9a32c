"""A course with one small notebook, and the corpus of attacks on its grader, submitted by one student each.

`make_course` makes and releases the course; `attacks` reads the corpus; `write_submission` submits an attack.

An attack is a file tests/attacks/FAMILY/NAME.py that starts with a docstring of what it does. It may define
change_submission(folder), which changes the files of a correct submission. Cells follow, which are inserted in one
of `PLACES`, each after a line such as `# %% first cell`. With cells the answer to the task max_norm is wrong, unless
there is a cell `answer`, and honestly earns nothing. Everything else earns all its points. A last line of the docstring
such as `Earns: max_norm 2` says otherwise, and `Loses: kl_divergence` that a task beside it cannot be saved.
"""

import ast
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course.edition import write_edition
from autograder.course.folder import Course, read_folder
from autograder.course.secret import course_secret
from autograder.demo.example_class import fill_solutions

__all__ = ["ASSIGNMENT", "MANUAL", "POINTS", "Attack", "attacks", "make_course", "write_submission"]

ASSIGNMENT, NOTEBOOK, TARGET = "assignment1", "softmax.ipynb", "max_norm"
POINTS = {"regularization": 7, "max_norm": 2, "kl_divergence": 3}
MANUAL = 2
KEPT = [f"{start}{task}" for task in POINTS for start in ("", "test_")] + ["softmax-q1"]
PLACES = ("first cell", "answer", "before the test", "after the test", "last cell")
IMPORTS = "import numpy as np\n\nfrom chainrule import check"
WRONG = "def max_norm(W, c):\n    return 0 * W\n"


@dataclass(frozen=True)
class Attack:
    """name: family_name. earns: {task: points}. cells: {place: source}. change: its change_submission, or None."""

    name: str
    description: str
    earns: dict
    cells: dict
    change: Callable | None = None

    @property
    def score(self):
        return sum(self.earns.values())


def make_course(root, folder):
    """Make a course in a new folder out of three tasks and a question of root/source, released; return the Course."""
    source = Path(folder, "source", ASSIGNMENT)
    source.mkdir(parents=True)
    shutil.copy(root / "nbgrader_config.py", folder)
    notebook = nbformat.read(root / "source" / ASSIGNMENT / NOTEBOOK, as_version=4)
    cells = [cell for cell in notebook.cells if _grade_id(cell) in KEPT]
    nbformat.write(new_notebook(cells=[new_code_cell(IMPORTS), *cells]), source / NOTEBOOK)
    course = Course(folder)
    result = course.nbgrader(GenerateAssignment={"post_convert_hook": lambda **_: None}).generate_assignment(ASSIGNMENT)
    if not result["success"]:
        raise RuntimeError(f"release: expected success, got {result}")
    write_edition(course.path("release", ASSIGNMENT), ASSIGNMENT)
    course_secret(course)  # as `release` does
    return course


def attacks():
    """Return all attacks of the corpus."""
    return [_read(path) for path in sorted(Path(__file__).parent.glob("attacks/*/*.py"))]


def write_submission(course, student, attack=None):
    """Write submitted/STUDENT: correct work, changed by an attack."""
    folder = course.path("submitted", ASSIGNMENT, student)
    for path, data in read_folder(course.path("release", ASSIGNMENT)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    notebook = fill_solutions(nbformat.read(folder / NOTEBOOK, as_version=4), ASSIGNMENT)
    if attack and attack.cells:
        _insert(notebook, attack.cells)
    nbformat.write(notebook, folder / NOTEBOOK)
    if attack and attack.change:
        attack.change(folder)


def _insert(notebook, cells):
    """Insert the cells of an attack at their positions."""
    by_id = {_grade_id(cell): cell for cell in notebook.cells}
    by_id[TARGET].source = cells.get("answer", WRONG)
    test = notebook.cells.index(by_id[f"test_{TARGET}"])
    positions = {"last cell": len(notebook.cells), "after the test": test + 1, "before the test": test, "first cell": 0}
    for place, index in positions.items():
        if place in cells:
            notebook.cells.insert(index, new_code_cell(cells[place]))


def _read(path):
    name, text = f"{path.parent.name}_{path.stem}", path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    trusted, *parts = re.split(r"^# %% (.+)$\n", text, flags=re.MULTILINE)
    cells = {place: source.strip("\n") for place, source in zip(parts[::2], parts[1::2], strict=True)}
    if unknown := set(cells) - set(PLACES):
        raise ValueError(f"{path}: expected one of {', '.join(PLACES)} after '# %%', got {', '.join(unknown)}")
    names = {"__name__": path.stem, "__file__": str(path)}
    exec(compile(trusted, path, "exec"), names)
    if not cells and "change_submission" not in names:
        raise ValueError(f"{path}: expected cells after '# %%' or a function change_submission, found neither")
    return Attack(name, docstring.split("\n")[0], _earns(docstring, bool(cells)), cells, names.get("change_submission"))


def _earns(docstring, wrong):
    """Return {task: points} by a docstring; wrong: the answer to the target is wrong unless stated there."""
    earns = POINTS | ({TARGET: 0} if wrong else {})
    if match := re.search(r"^Earns: (.+)$", docstring, re.MULTILINE):
        earns |= {task: float(points) for task, points in (part.split() for part in match[1].split(","))}
    if match := re.search(r"^Loses: (.+)$", docstring, re.MULTILINE):
        earns |= dict.fromkeys(match[1].split(", "), 0)
    return earns


def _grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")

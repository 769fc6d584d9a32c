"""Keep the source notebooks equal to the package: solution cells to its functions, test cells to the task specs.

`sync` rewrites the cells of every source notebook of an assignment and says which ones it changed.
"""

import ast
import os
import textwrap
from pathlib import Path

import nbformat

from autograder.errors import SpecError
from autograder.tasks.catalog import of_assignment

__all__ = ["solution_text", "sync", "test_text"]

TEST = """check({name})
### BEGIN HIDDEN TESTS
from autograder import hidden_tests

hidden_tests({name})
### END HIDDEN TESTS"""


def solution_text(task, source=None):
    """Return the solution cell of a task: signature and docstring, then the body between solution markers.

    source: another text of the function, used for example submissions.
    """
    source = source or task.source()
    function = ast.parse(source).body[0]
    end = function.body[0].end_lineno if ast.get_docstring(function) else function.body[0].lineno - 1
    lines = source.rstrip().split("\n")
    head, body = lines[:end], lines[end:]
    text = "\n".join([*head, "    ### BEGIN SOLUTION", *body, "    ### END SOLUTION"])
    *owner, _ = task.name.split(".")
    if owner:
        text = f"class {owner[0]}({owner[0]}):\n" + textwrap.indent(text, "    ")
    return text


def test_text(task):
    """Return the test cell of a task: the visible check, and the hidden tests between their markers."""
    return TEST.format(name=task.name)


def sync(course, assignment, write=True):
    """Make the cells of source/ASSIGNMENT agree with the package and the specs; return "notebook: cell" of each change.

    With write=False nothing is written. Raises SpecError for a task without its two cells, or with one in the wrong
    notebook.
    """
    tasks = of_assignment(assignment)
    by_solution = {task.solution_id: task for task in tasks.values()}
    by_test = {task.test_id: task for task in tasks.values()}
    changed, synced = [], set()
    for path in sorted(Path(course, "source", assignment).glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            label = cell.metadata.get("nbgrader", {})
            grade_id = label.get("grade_id")
            before = cell.source, label.get("points")
            if task := by_solution.get(grade_id):
                cell.source = solution_text(task)
            elif task := by_test.get(grade_id):
                cell.source, label["points"] = test_text(task), task.points
            else:
                continue
            if path.stem != task.notebook:
                raise SpecError(f"{path}, cell {grade_id}: expected in {task.notebook}.ipynb, got {path.name}")
            synced.add(grade_id)
            if before != (cell.source, label.get("points")):
                changed.append(f"{path.name}: {grade_id}")
        if write and any(line.startswith(f"{path.name}: ") for line in changed):
            temporary = path.with_suffix(".tmp")
            nbformat.write(notebook, temporary)
            os.replace(temporary, path)
    missing = sorted((by_solution.keys() | by_test.keys()) - synced)
    if missing:
        raise SpecError(f"source/{assignment}: expected a cell for every task, found none for {', '.join(missing)}")
    return changed

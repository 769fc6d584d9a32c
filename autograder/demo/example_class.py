"""An example class that submits an assignment: correct, blank, incomplete, wrong, damaged and dishonest work.

`make_class` writes submitted/STUDENT/ASSIGNMENT for every student of `ROSTER` from the released notebooks.
"""

import json
import shutil
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_code_cell

from autograder.course.folder import read_folder
from autograder.course.sync import solution_text
from autograder.tasks.catalog import of_assignment

__all__ = ["ROSTER", "Student", "fill_solutions", "make_class"]

CHEAT = """
import numpy as np, sys, builtins
from IPython import get_ipython

class Winner(float):
    __eq__ = __ge__ = __le__ = lambda self, other: True
    __hash__ = float.__hash__

np.testing.assert_allclose = np.allclose = np.isclose = lambda *a, **k: True
check = lambda *a, **k: None
sys.displayhook(100.0)
get_ipython().input_transformers_cleanup.append(lambda lines: ["100.0"] if any("check(" in l for l in lines) else lines)
print("100.0")
from IPython.display import HTML, display
display(HTML("<script>document.title = 'won'</script><b onclick='won()'>won</b>"))
"""
CHEATING = "return Winner(0), Winner(0)"


@dataclass(frozen=True)
class Student:
    """How a student's work differs from the reference.

    mistakes: ((task, name of a named mistake), ...); blank: notebooks left as released; bodies: ((task, other function
    body), ...); first_cell: code of a first cell; breaks: "cells" or "upload", which damages the notebooks.
    """

    name: str
    story: str
    mistakes: tuple = ()
    blank: tuple = ()
    bodies: tuple = ()
    first_cell: str = ""
    breaks: str = ""


ROSTER = (
    Student("ada", "everything right"),
    Student("ben", "submitted as released", blank=("knn", "svm", "softmax")),
    Student("cho", "only knn done", blank=("svm", "softmax")),
    Student(
        "dee",
        "forgot the mean over the images",
        mistakes=(
            ("svm_loss_vectorized", "sum_gradient"),
            ("softmax_loss_vectorized", "sum_gradient"),
            ("svm_loss_naive", "sum_loss"),
        ),
    ),
    Student(
        "eli",
        "writes half a penalty",
        mistakes=(
            ("svm_loss_vectorized", "half_penalty"),
            ("softmax_loss_naive", "half_penalty_gradient"),
            ("squared_hinge_loss_vectorized", "no_factor_two"),
        ),
    ),
    Student(
        "fay",
        "uses the test images' statistics",
        mistakes=(("subtract_mean", "own_statistics"), ("normalize", "ddof"), ("whiten", "variance")),
    ),
    Student(
        "gus",
        "loops and overflows",
        mistakes=(
            ("KNearestNeighbor.compute_distances_no_loops", "loop"),
            ("softmax_loss_vectorized", "no_shift"),
            ("KNearestNeighbor.predict_labels", "larger_label"),
            ("LinearClassifier.train", "ascends"),
        ),
    ),
    Student("hal", "one function loops for ever", bodies=(("max_norm", "while True:\n        pass"),)),
    Student("ivy", "one function ends the kernel", bodies=(("kl_divergence", "import os\n    os._exit(1)"),)),
    Student("jon", "tries to talk the tests down", first_cell=CHEAT, bodies=(("svm_loss_vectorized", CHEATING),)),
    Student("kim", "cells copied, deleted and retyped", breaks="cells"),
    Student("lea", "the upload of one notebook broke off", breaks="upload"),
)


def make_class(course, assignment, roster=ROSTER):
    """Write the submissions of a class; return the names of the students."""
    released = read_folder(course.path("release", assignment))
    for student in roster:
        folder = course.path("submitted", assignment, student.name)
        shutil.rmtree(folder, ignore_errors=True)
        for path, data in released.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_work(student, assignment, path, data) if path.endswith(".ipynb") else data)
    return [student.name for student in roster]


def fill_solutions(notebook, assignment, texts=None, skip=()):
    """Fill the solution cells of a released notebook in place, and return it.

    texts: {task: source of a function} to use instead of the reference; skip: names of tasks to leave as released.
    """
    tasks = {task.solution_id: task for task in of_assignment(assignment).values()}
    for cell in notebook.cells:
        label = cell.metadata.get("nbgrader", {})
        task = tasks.get(label.get("grade_id"))
        if task and task.name not in skip:
            text = solution_text(task, (texts or {}).get(task.name))
            cell.source = "\n".join(line for line in text.split("\n") if "### " not in line)
        elif label.get("grade") and label.get("solution"):
            cell.source = "My answer, in words."
    return notebook


def _work(student, assignment, path, data):
    notebook = nbformat.reads(data.decode(), as_version=4)
    if path.removesuffix(".ipynb") not in student.blank:
        fill_solutions(notebook, assignment, _texts(student, assignment))
    if student.first_cell:
        notebook.cells.insert(0, new_code_cell(student.first_cell))
    if student.breaks == "cells":
        _mangle(notebook)
    text = nbformat.writes(notebook).encode()
    if student.breaks == "upload" and path == "softmax.ipynb":
        return text[: len(text) // 2]
    return text


def _texts(student, assignment):
    tasks = of_assignment(assignment)
    texts = {}
    for name, mistake in student.mistakes:
        named_mistake = next(m for m in tasks[name].mistakes if m.name == mistake)
        texts[name] = tasks[name].source_with_mistake(named_mistake)
    for name, body in student.bodies:
        head = tasks[name].source().split("\n", 1)[0]
        texts[name] = f'{head}\n    """My own."""\n    {body}\n'
    return texts


def _mangle(notebook):
    """Copy a solution cell below itself, delete a test cell, turn another one into Markdown."""
    by_id = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in notebook.cells}
    graded = [grade_id for grade_id in by_id if grade_id]
    solutions = [g for g in graded if f"test_{g}" in graded]
    first = by_id[solutions[0]]
    notebook.cells.insert(notebook.cells.index(first) + 1, nbformat.from_dict(json.loads(json.dumps(first))))
    notebook.cells.remove(by_id[f"test_{solutions[0]}"])
    text = by_id[f"test_{solutions[1]}"]
    text["cell_type"] = "markdown"
    text.pop("outputs"), text.pop("execution_count")

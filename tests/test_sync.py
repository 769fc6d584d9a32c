"""Source notebooks hold the package's text."""

import nbformat
import pytest

from autograder.course.sync import solution_text, sync
from autograder.errors import SpecError
from autograder.tasks.catalog import TASKS, of_assignment, task_named


@pytest.fixture
def notebook(course):
    return course.root / "source" / "assignment1" / "softmax.ipynb"


def edit(path, grade_id, change):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            change(notebook, cell)
            break
    nbformat.write(notebook, path)


@pytest.mark.parametrize("assignment", sorted({task.assignment for task in TASKS}))
def test_checked_in_notebooks_agree_with_the_package(root, assignment):
    assert sync(root, assignment, write=False) == []


def test_a_changed_solution_is_found_and_repaired(course, notebook):
    def change(_, cell):
        cell.source = cell.source.replace("norms, c", "norms, 2 * c")

    edit(notebook, "max_norm", change)
    before = notebook.read_bytes()
    assert sync(course.root, "assignment1", write=False) == ["softmax.ipynb: max_norm"]
    assert notebook.read_bytes() == before
    assert sync(course.root, "assignment1") == ["softmax.ipynb: max_norm"]
    assert sync(course.root, "assignment1") == []


def test_changed_points_are_repaired(course, notebook):
    def change(_, cell):
        cell.metadata.nbgrader["points"] = 50

    edit(notebook, "test_max_norm", change)
    assert sync(course.root, "assignment1") == ["softmax.ipynb: test_max_norm"]


def test_a_task_without_a_cell_is_an_error(course, notebook):
    edit(notebook, "max_norm", lambda nb, cell: nb.cells.remove(cell))
    with pytest.raises(SpecError, match="found none for max_norm"):
        sync(course.root, "assignment1")


def test_a_solution_cell_shows_signature_and_docstring_above_the_markers():
    for task in of_assignment("assignment1").values():
        head, rest = solution_text(task).split("### BEGIN SOLUTION")
        assert '"""' in head
        assert f"def {task.name.split('.')[-1]}(" in head
        assert rest.rstrip().endswith("### END SOLUTION")


def test_a_method_reopens_its_class():
    text = solution_text(task_named("LinearClassifier.predict"))
    assert text.startswith("class LinearClassifier(LinearClassifier):\n    def predict(self, X):")

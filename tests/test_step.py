"""Which cells of a submission run, in which order, and which do not; without a kernel."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder.course.folder import read_folder
from autograder.demo.example_class import fill_solutions
from autograder.grading import submission as step
from autograder.grading.submission import Options, grade_submission, workspace
from chainrule.judging.verdict import Outcome, Verdict


@pytest.fixture
def released(root):
    return read_folder(root / "assignments/assignment1")


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch):
    def refuse(*_):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("autograder.grading.notebook.Kernel", refuse)


def verdicts(graded):
    return [verdict for of_notebook in graded.verdicts.values() for verdict in of_notebook]


def test_a_submission_without_notebooks(released):
    graded = grade_submission({"notes.txt": b"hello"}, released, "assignment1", "zoe", Options())
    assert set(graded.notebooks) == {"knn", "svm", "softmax"}
    assert len(verdicts(graded)) == 21
    assert {v.reason() for v in verdicts(graded)} == {"the notebook was not submitted"}
    assert sum(v.score for v in verdicts(graded)) == 0


def test_notebooks_that_are_not_json(released):
    files = {f"{name}.ipynb": b"not json" for name in ("knn", "svm", "softmax")}
    graded = grade_submission(files, released, "assignment1", "zoe", Options())
    assert {v.reason() for v in verdicts(graded)} == {"the file is not a Jupyter notebook: it cannot be read"}


def test_the_released_package_replaces_the_students(released, tmp_path):
    submitted = {
        "chainrule/check.py": b"check = print",
        "chainrule/extra.py": b"",
        "helper.py": b"x = 1",
        "knn.ipynb": b"",
    }
    workspace(tmp_path, submitted, released, {})
    assert (tmp_path / "chainrule/check.py").read_bytes() == released["chainrule/check.py"]
    assert (tmp_path / "chainrule/extra.py").exists()
    assert (tmp_path / "helper.py").read_text(encoding="utf-8") == "x = 1"
    assert not list(tmp_path.glob("*.ipynb"))


def test_a_file_in_the_place_of_the_package_is_left_out(released, tmp_path):
    workspace(tmp_path, {"chainrule": b"a file, not a folder"}, released, {})
    assert (tmp_path / "chainrule/__init__.py").exists()


def test_own_files_that_cannot_be_put_beside_the_released_ones_are_left_out(released, tmp_path):
    workspace(tmp_path, {"a": b"1", "a/b": b"2", "x" * 300: b"3", "chainrule/check.py/x": b"4"}, released, {})
    assert (tmp_path / "a").read_bytes() == b"1"
    assert (tmp_path / "chainrule/check.py").read_bytes() == released["chainrule/check.py"]


# --- the answers are judged alone first, then with the student's own cells ---


class FakeRun:
    """Stands for a Run: records its calls; an answer is correct where `right` says so."""

    runs = []
    right = staticmethod(lambda run, task: True)

    def __init__(self, folder, options, end):
        self.cells, self.judged, self.notes = [], [], [f"run {len(self.runs)}"]
        self.runs.append(self)

    def cell(self, source, part=None):
        self.cells.append(source if part is None else part)
        return []

    def judge(self, task, seed, shared_notes):
        self.judged.append(task.name)
        right = self.right(self.runs.index(self), task.name)
        return Verdict(task.name, tuple(Outcome(c.name, c.points, right, "words") for c in task.checks), seed)

    def close(self):
        pass


@pytest.fixture
def runs(monkeypatch):
    monkeypatch.setattr(step, "Run", FakeRun)
    monkeypatch.setattr(FakeRun, "runs", [])
    return FakeRun.runs


def graded(released, change=lambda notebook: None, **options):
    """Grade svm.ipynb with every answer filled in, and a change."""
    notebook = fill_solutions(nbformat.reads(released["svm.ipynb"].decode(), as_version=4), "assignment1")
    change(notebook)
    submitted = {"svm.ipynb": nbformat.writes(notebook).encode()}
    return grade_submission(submitted, released, "assignment1", "zoe", Options(**options), only="svm")


def test_without_own_cells_there_is_one_run_and_nothing_is_plotted(released, runs):
    result = graded(released)
    assert len(runs) == 1
    assert len(runs[0].judged) == len(result.verdicts["svm"]) > 0
    assert any("def svm_loss_naive" in source for source in runs[0].cells)
    assert not any("plt.show" in source for source in runs[0].cells)


def test_own_cells_run_after_the_answers_are_judged(released, runs):
    result = graded(released, lambda notebook: notebook.cells.insert(0, new_code_cell("mine = 1")))
    assert ["mine = 1" in run.cells for run in runs] == [False, True]
    assert runs[1].judged == []
    assert all(verdict.passed for verdict in result.verdicts["svm"])
    assert result.notes["svm"] == ["run 0", "run 1"]


def test_an_answer_that_needs_an_own_cell_is_judged_again_with_it(released, runs, monkeypatch):
    monkeypatch.setattr(FakeRun, "right", staticmethod(lambda run, task: run == 1 or task != "add_bias"))
    result = graded(released, lambda notebook: notebook.cells.insert(0, new_code_cell("def helper(): pass")))
    assert runs[1].judged == ["add_bias"]
    assert all(verdict.passed for verdict in result.verdicts["svm"])


def test_an_own_cell_cannot_cost_points(released, runs, monkeypatch):
    monkeypatch.setattr(FakeRun, "right", staticmethod(lambda run, task: run == 0 and task != "add_bias"))
    result = graded(released, lambda notebook: notebook.cells.insert(0, new_code_cell("import os; os._exit(1)")))
    assert [verdict.task for verdict in result.verdicts["svm"] if not verdict.passed] == ["add_bias"]


def test_a_released_import_that_was_changed_is_there_in_the_first_run(released, runs):
    def change(notebook):
        cell = next(c for c in notebook.cells if c.cell_type == "code" and "import numpy" in c.source)
        cell.source = "import numpy as something_else"

    graded(released, change)
    assert any("import numpy as np" in source for source in runs[0].cells)
    assert not any("something_else" in source for source in runs[0].cells)
    assert any("something_else" in source for source in runs[1].cells)


def test_everything_is_run_if_wished_and_the_answers_alone_first(released, runs):
    graded(released, run_all=True)
    assert [any("plt.show" in source for source in run.cells) for run in runs] == [False, True]

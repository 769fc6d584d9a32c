import importlib
import sys

import numpy as np
import pytest

from autograder.tasks.catalog import TASKS, task_named
from autograder.tasks.spec import exam_of
from chainrule import check
from chainrule.errors import ChainruleError, CheckFailed
from chainrule.judging.exam import load_exams, save_exams
from chainrule.judging.verdict import judge

# `chainrule.check` is the function; this is the module of that name.
module = importlib.import_module("chainrule.check")

SEED = 20
NAMES = ["add_bias", "softmax_loss_vectorized", "KNearestNeighbor.predict_labels"]

BLANK = "def add_bias(X):\n    raise NotImplementedError\n"
RIGHT = "def add_bias(X):\n    return np.hstack([X, np.ones((len(X), 1))])\n"
WRONG = "def add_bias(X):\n    return np.hstack([X, np.zeros((len(X), 1))])\n"
KNN = """
class KNearestNeighbor:
    def train(self, X, y):
        self.X_train, self.y_train = X, y
"""
VOTE = """
class KNearestNeighbor(KNearestNeighbor):
    def predict_labels(self, dists, k=1):
        nearest = np.argsort(dists, axis=1)[:, :k]
        return np.array([np.argmax(np.bincount(self.y_train[row])) for row in nearest])
"""


def notebook(*cells):
    """Return the names that a notebook has after its cells have run."""
    names = {"np": np, "__name__": "__main__"}
    for cell in cells:
        exec(cell, names)
    return names


@pytest.fixture
def no_key(tmp_path, monkeypatch):
    """A course folder without an answer key: the specs are used instead."""
    monkeypatch.setattr(module, "ANSWERS", tmp_path / "nowhere")


@pytest.fixture(scope="module")
def three_exams():
    return [exam_of(task_named(name), SEED) for name in NAMES]


@pytest.fixture(autouse=True)
def key(tmp_path, monkeypatch, three_exams):
    """The folder of an answer key on disk, as students have it."""
    folder = tmp_path / "answers"
    folder.mkdir()
    save_exams(folder / "assignment1.npz", three_exams)
    monkeypatch.setattr(module, "ANSWERS", folder)
    return folder


def test_a_right_function_shows_a_table_and_returns_nothing(capsys):
    assert check(notebook(RIGHT)["add_bias"]) is None
    assert capsys.readouterr().out.split("\n") == [
        "add_bias: 2 of 2 points",
        "  a column of ones at the end  right       1/1",
        "  one image                    right       1/1",
        "",
    ]


def test_a_wrong_function_shows_why_and_raises(capsys):
    with pytest.raises(CheckFailed, match="^add_bias: 0 of 2 points$"):
        check(notebook(WRONG)["add_bias"])
    assert capsys.readouterr().out.count("the new column holds zeros, expected ones") == 2


def test_a_failed_check_is_an_assertion_error_shown_in_one_line():
    with pytest.raises(AssertionError) as caught:
        check(notebook(WRONG)["add_bias"])
    assert caught.value._render_traceback_() == ["CheckFailed: add_bias: 0 of 2 points"]


def test_a_blank_function_is_not_attempted_yet(capsys):
    with pytest.raises(CheckFailed, match="^add_bias: not attempted yet$"):
        check(notebook(BLANK)["add_bias"])
    output = capsys.readouterr().out
    assert output.count("blank") == output.count("not attempted yet") == 2


def test_what_the_function_raises_is_shown_not_raised(capsys):
    names = notebook("def add_bias(X):\n    return X + undefined\n")
    with pytest.raises(CheckFailed, match="0 of 2 points"):
        check(names["add_bias"])
    assert "raised NameError: name 'undefined' is not defined" in capsys.readouterr().out


def test_a_notebook_gets_a_rich_table(monkeypatch, capsys):
    from IPython.core.interactiveshell import InteractiveShell

    displayed = []
    monkeypatch.setattr("IPython.get_ipython", lambda: InteractiveShell)
    monkeypatch.setattr("IPython.display.display", displayed.append)
    check(notebook(RIGHT)["add_bias"])
    assert "<table>" in displayed[0]._repr_html_()
    assert capsys.readouterr().out == ""


def test_a_method_of_a_class_is_checked():
    names = notebook(KNN, VOTE)
    check(names["KNearestNeighbor"].predict_labels)
    check(names["KNearestNeighbor"]().predict_labels)


def test_a_wrong_method_is_found(capsys):
    names = notebook(KNN, VOTE.replace("[:, :k]", "[:, :1]"))
    with pytest.raises(CheckFailed, match="of 6 points"):
        check(names["KNearestNeighbor"].predict_labels)
    assert "only the nearest image votes, whatever k is" in capsys.readouterr().out


def test_helpers_of_the_notebook_are_found():
    names = notebook(
        "def ones(n):\n    return np.ones((n, 1))\n", RIGHT.replace("np.ones((len(X), 1))", "ones(len(X))")
    )
    check(names["add_bias"])


def test_the_passed_function_is_checked_even_if_its_name_was_deleted():
    names = notebook(RIGHT)
    function = names.pop("add_bias")
    check(function)


@pytest.mark.parametrize("key", ["key", None], ids=["key", "no key"])
@pytest.mark.parametrize(
    ("thing", "name"),
    [(lambda X: X, "<lambda>"), (len, "'len'"), (notebook, "'notebook'"), (3, "'3'"), (np.eye(2), r"'\[\[1")],
    ids=["lambda", "built-in", "other function", "number", "array"],
)
def test_a_function_that_is_no_task_gets_one_line(thing, name, key, request):
    request.getfixturevalue("key" if key else "no_key")
    with pytest.raises(ChainruleError, match="check: expected a function of this assignment .*" + name) as caught:
        check(thing)
    assert not isinstance(caught.value, CheckFailed)
    assert "\n" not in str(caught.value)
    assert "add_bias, " in str(caught.value)


def test_a_missing_key_gets_one_line(no_key, monkeypatch):
    # What a student's machine looks like: the grader is not installed there.
    monkeypatch.setitem(sys.modules, "autograder.course.answer_key", None)
    with pytest.raises(
        ChainruleError, match="expected an answer key in .*nowhere, found none; copy .* again"
    ) as caught:
        check(notebook(RIGHT)["add_bias"])
    assert "\n" not in str(caught.value)


def test_without_a_key_the_specs_are_used(no_key, capsys):
    check(notebook(RIGHT)["add_bias"])
    assert "2 of 2 points" in capsys.readouterr().out


def test_a_second_key_adds_its_tasks(key):
    save_exams(key / "assignment2.npz", [exam_of(task_named("max_norm"), SEED)])
    assert {"max_norm", "add_bias"} <= set(module.load_answer_key())


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_key_from_disk_gives_the_verdict_of_the_specs(task, tmp_path):
    exam = exam_of(task, SEED)
    save_exams(tmp_path / "key.npz", [exam])
    on_disk = load_exams(tmp_path / "key.npz")
    assert on_disk[task.name].messages == exam.messages
    scope = dict(vars(task.module))
    correct_verdict = judge(exam, module.case_runner(scope))
    assert correct_verdict.passed
    assert str(judge(on_disk[task.name], module.case_runner(scope))) == str(correct_verdict)
    # The first mistake of each task, by text: a wrong answer and its explanation.
    owner, _, function = task.name.rpartition(".")
    mistaken_scope = dict(scope)
    exec(task.source_with_mistake(task.mistakes[0]), mistaken_scope)
    if owner:
        mistaken_scope[owner] = type(owner, (scope[owner],), {function: mistaken_scope[function]})
    mistaken_verdict = judge(exam, module.case_runner(mistaken_scope))
    assert not mistaken_verdict.passed
    assert str(judge(on_disk[task.name], module.case_runner(mistaken_scope))) == str(mistaken_verdict)

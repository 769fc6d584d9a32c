"""A submission without anything to run needs no kernel and still gets its verdicts."""

import pytest

from autograder import step
from autograder.course import read_folder
from autograder.step import Options, grade_submission, unjudged, workspace


@pytest.fixture
def released(root):
    return read_folder(root / "assignments/assignment1")


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch):
    def refuse(*_):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(step, "Kernel", refuse)


def verdicts(graded):
    return [verdict for found in graded.verdicts.values() for verdict in found]


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


def test_what_could_not_be_judged_says_why(released):
    graded = unjudged(released, "assignment1", "zoe", "the machine was on fire")
    assert {v.reason() for v in verdicts(graded)} == {"the machine was on fire"}


def test_the_students_package_is_not_the_one_that_is_used(released, tmp_path):
    own = {"chainrule/check.py": b"check = print", "chainrule/extra.py": b"", "helper.py": b"x = 1", "knn.ipynb": b""}
    workspace(tmp_path, own, released)
    assert (tmp_path / "chainrule/check.py").read_bytes() == released["chainrule/check.py"]
    assert not (tmp_path / "chainrule/extra.py").exists()
    assert (tmp_path / "helper.py").read_text() == "x = 1"
    assert not list(tmp_path.glob("*.ipynb"))


def test_a_file_in_the_place_of_the_package_is_left_out(released, tmp_path):
    workspace(tmp_path, {"chainrule": b"a file, not a folder"}, released)
    assert (tmp_path / "chainrule/__init__.py").exists()

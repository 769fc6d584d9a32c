import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import chainrule.mine
from autograder.course.folder import read_folder
from autograder.grading.submission import Options, grade_submission
from chainrule.errors import ChainruleError
from chainrule.mine import NotWritten


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("chainrule.mine.")]:
        del sys.modules[name]
        delattr(chainrule.mine, name.rpartition(".")[2])


def save(folder, name, *cells):
    notebook = new_notebook(cells=[new_markdown_cell("def text(): not code"), *map(new_code_cell, cells)])
    nbformat.write(notebook, folder / f"{name}.ipynb")


def test_functions_of_another_notebook_are_imported(folder):
    save(folder, "one", "import numpy as np\nrate = 0.5", "def half(x):\n    return rate * np.float64(x)")
    from chainrule.mine.one import half

    assert half(3) == 1.5


def test_a_reopened_class_has_all_its_methods(folder):
    save(
        folder,
        "one",
        "class A:\n    def f(self):\n        return 1",
        "class A(A):\n    def g(self):\n        return self.f() + 1",
    )
    from chainrule.mine.one import A

    assert A().g() == 2


def test_what_a_notebook_computes_is_not_run(folder):
    save(folder, "one", "raise SystemExit\nopen('made', 'w')\ndef f():\n    return 1", "x = [print('hello')]")
    from chainrule.mine import one

    assert one.f() == 1
    assert not (folder / "made").exists()
    assert not hasattr(one, "__x__")
    with pytest.raises(ChainruleError, match="one.ipynb: expected a definition of x, found none; save it first"):
        one.x  # noqa: B018


def test_magics_and_broken_cells_are_skipped(folder):
    save(folder, "one", "%matplotlib inline\n!ls\ndef f():\n    return 1", "def g(:", "import nothing_of_this_name")
    from chainrule.mine.one import f

    assert f() == 1
    with pytest.raises(
        ChainruleError, match="definition of g, found none .a cell raised ModuleNotFoundError: No module"
    ):
        from chainrule.mine.one import g  # noqa: F401


def test_a_blank_function_reports_where_to_write_it(folder):
    save(folder, "one", "class A:\n    def f(self):\n        # YOUR CODE HERE\n        raise NotImplementedError()")
    from chainrule.mine.one import A

    with pytest.raises(
        NotWritten, match="A.f: expected your function from one.ipynb, found a blank cell; write it there"
    ):
        A().f()


def test_notebooks_import_from_each_other(folder):
    save(folder, "one", "def f():\n    return 1")
    save(folder, "two", "from chainrule.mine.one import f", "def g():\n    return f() + 1")
    from chainrule.mine.two import g

    assert g() == 2


def test_a_missing_notebook_is_reported_with_those_that_exist(folder):
    save(folder, "one")
    with pytest.raises(ChainruleError, match="two.ipynb: expected the notebook in this folder, found one.ipynb"):
        import chainrule.mine.two  # noqa: F401


@pytest.mark.parametrize("text", ["", "[]", '{"cells": [{}]}', "\xff"])
def test_a_file_that_is_no_notebook_is_reported(folder, text):
    Path("one.ipynb").write_bytes(text.encode("latin-1"))
    with pytest.raises(ChainruleError, match="one.ipynb: expected a notebook, could not read it .*; save it again"):
        import chainrule.mine.one  # noqa: F401


def test_the_grader_copies_the_other_notebooks_beside_each_one(root, sandbox):
    released = read_folder(root / "assignments/assignment1")
    softmax, svm = (nbformat.reads(released[f"{n}.ipynb"].decode(), as_version=4) for n in ("softmax", "svm"))
    fine = "def fine(X):\n    return np.pad(X, ((0, 0), (0, 1)), constant_values=1)"
    softmax.cells += [new_markdown_cell("\U0001f600"), new_code_cell(fine)]
    for cell in svm.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "add_bias":
            cell.source = "from chainrule.mine.softmax import fine\n\ndef add_bias(X):\n    return fine(X)"
    submitted = {"softmax.ipynb": nbformat.writes(softmax).encode(), "svm.ipynb": nbformat.writes(svm).encode()}
    graded = grade_submission(
        submitted | {"softmax.ipynb/x": b""}, released, "assignment1", "zoe", Options(sandbox), only="svm"
    )
    verdicts = {verdict.task: verdict for verdict in graded.verdicts["svm"]}
    assert verdicts["add_bias"].passed, verdicts["add_bias"].reason()
    assert not verdicts["subtract_mean"].attempted

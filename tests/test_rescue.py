"""A cell that stops before its function costs only the tasks that need the missing definitions."""

import json

import nbformat
import pytest

from autograder.course.folder import read_folder
from autograder.demo.example_class import fill_solutions
from autograder.grading.notebook import Run
from autograder.grading.submission import Options, grade_submission
from autograder.submission.partial_cell import definitions_after, find_error
from autograder.tasks.catalog import task_named

RIGHT = """
def max_norm(W, c):
    norms = np.sqrt(np.sum(W**2, axis=0))
    return W * np.minimum(1, c / np.maximum(norms, 1e-12))
"""
STOPS = {
    "missing package": ("import no_such_package", "at line 1: ModuleNotFoundError: No module named 'no_such_package'"),
    "among others": ("import os, no_such_package, re", "at line 1: ModuleNotFoundError"),
    "name of it": ("from no_such_package import this\nthis(1)", "at line 1: ModuleNotFoundError"),
    "backend": ("%matplotlib no_such_backend", "at line 1: "),
    "extension": ("%load_ext no_such_package", "at line 1: ModuleNotFoundError"),
    "magic": ("x = 1\n%no_such_magic", "UsageError: Line magic function `%no_such_magic` not found"),
    "Tk": ("import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\nplt.figure()", "at line "),
    "question": ("name = input('Who are you?')", "at line 1: StdinNotImplementedError"),
    "file": ("data = open('no such file').read()", "at line 1: FileNotFoundError"),
    "assertion": ("\n\nassert 1 == 2, 'they differ'", "at line 3: AssertionError: they differ"),
    "bare exception": ("raise BaseException", "at line 1: BaseException"),
    "exit": ("import sys\nsys.exit(3)", "it stopped with SystemExit: 3"),
    "in a function": ("def g():\n    return 1 / 0\ng()", "at line 3: ZeroDivisionError"),
    "end of the process": ("import os\nos._exit(1)", "as the process ended"),
    "own function": ("max_norm(1, 2)", "at line 1: NameError: name 'max_norm' is not defined"),
}
FORMS = {
    "plain": RIGHT,
    "decorated": RIGHT.replace("def", "@no_such_package.jit(fast=True)\ndef"),
    "annotated": RIGHT.replace("W, c)", "W: no_such_package.Tensor, c: float = 1.0) -> no_such_package.Tensor"),
    "if": "if True:\n" + RIGHT.replace("\n", "\n    "),
    "try": "try:\n    import no_such_package\n" + RIGHT.replace("\n", "\n    ") + "\nfinally:\n    pass",
    "constant": RIGHT.replace("1e-12", "TINY").replace("\ndef", "TINY = 1e-12\ndef"),
    "lambda": "max_norm = lambda W, c: W * np.minimum(1, c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), 1e-12))",
    "helper": RIGHT.replace("np.sqrt(", "root(") + "\nfrom numpy import sqrt as root\n",
    "from a class": "class Own:\n    print(no_such_package)\n    f = 2\n    @staticmethod\n"
    + RIGHT.strip("\n").replace("\n", "\n    ").replace("def", "    def", 1)
    + "\nmax_norm = Own.max_norm",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from autograder.course.edition import write_edition

    folder = tmp_path_factory.mktemp("folder")
    write_edition(folder, "assignment1")
    return folder


@pytest.fixture(scope="module")
def run(folder, sandbox):
    run = Run(folder, Options(sandbox))
    yield run
    run.close()


def judged(run, *cells):
    run.cell("import numpy as np")
    run.cell("for name in ('max_norm', 'TINY', 'root', 'Own'):\n    globals().pop(name, None)")
    run.stops.clear()
    for cell in cells:
        run.cell(cell)
    return run.judge(task_named("max_norm"), 3)


@pytest.mark.parametrize("stop", STOPS)
def test_a_definition_after_the_line_where_its_cell_stopped_counts(stop, run):
    code, note = STOPS[stop]
    verdict = judged(run, code + "\n" + RIGHT)
    assert verdict.passed, verdict.reason()
    assert note in verdict.note, verdict.note
    assert "it stopped" in verdict.note


@pytest.mark.parametrize("form", FORMS)
def test_a_definition_counts_in_every_form(form, run):
    verdict = judged(run, f"import no_such_package\n{FORMS[form]}")
    assert verdict.passed, verdict.reason()
    assert "No module named 'no_such_package'" in verdict.note


def test_the_stopped_cell_is_reported_if_the_definition_needs_what_is_missing(run):
    verdict = judged(run, f"from no_such_package import sqrt\n{RIGHT.replace('np.sqrt', 'sqrt')}")
    assert verdict.score == 0
    assert "name 'sqrt' is not defined" in verdict.reason()
    assert "(cell `from no_such_package import sqrt`: it stopped at line 1: " in verdict.reason()
    assert "ModuleNotFoundError: No module named 'no_such_package'" in verdict.reason()
    verdict = judged(
        run, "import no_such_package\nclass Own(no_such_package.Net):\n    pass\nmax_norm = Own().max_norm"
    )
    assert "name 'max_norm' is not defined" in verdict.reason()


def test_a_name_missing_because_of_a_stopped_own_cell_is_explained(run):
    verdict = judged(
        run, "import no_such_package as nsp\ndef half(x):\n    return x / 2", RIGHT.replace("W *", "nsp.f(W) *")
    )
    assert "name 'nsp' is not defined" in verdict.reason()
    assert "(cell `import no_such_package as nsp`: it stopped at line 1: " in verdict.reason()


def test_a_cell_that_runs_to_its_end_or_stops_behind_all_definitions_is_not_run_twice(run):
    verdict = judged(run, "count = 0", f"count += 1\n{RIGHT}", f"{RIGHT}\ncount += 1\nno_such_name")
    assert (verdict.passed, verdict.note, run.stops) == (True, "", [])
    assert run.cell("count")[0]["data"]["text/plain"] == "2"


def test_what_a_cell_computes_is_not_run_after_it_stopped(run):
    judged(run, f"import no_such_package\nmade = [1]\ndone = made.append(2)\nif True:\n    made.append(3)\n{RIGHT}")
    assert run.cell("made")[0]["data"]["text/plain"] == "[1]"


def test_a_syntax_error_of_a_file_beside_the_notebook_names_the_version():
    output = {"output_type": "error", "ename": "SyntaxError", "evalue": "invalid syntax (helper.py, line 1)"}
    stop = find_error([output | {"traceback": ["\x1b[36mCell\x1b[39m In[3], line 2\x1b[0m\n import helper"]}])
    assert stop.message.startswith(
        "at line 2: SyntaxError: invalid syntax (helper.py, line 1) (the grader runs Python 3."
    )
    assert stop.line == 0


def test_parts_of_what_is_no_python_are_none():
    assert definitions_after("def f(:") == definitions_after("(" * 10_000) == definitions_after("%%bash\ndef f") == []
    assert len(definitions_after("import a\n" * 1000)) == 200


def test_a_notebook_whose_answers_stop_keeps_their_points(root, sandbox):
    released = read_folder(root / "assignments/assignment1")
    notebook = fill_solutions(nbformat.reads(released["softmax.ipynb"].decode(), as_version=4), "assignment1")
    for cell in notebook.cells:
        label = cell.metadata.get("nbgrader", {}).get("grade_id")
        if label == "max_norm":
            cell.source = f"import pandas_of_mine as pd\n%matplotlib no_such_backend\n{cell.source}"
    graded = grade_submission(
        {"softmax.ipynb": json.dumps(notebook).encode()},
        released,
        "assignment1",
        "zoe",
        Options(sandbox),
        only="softmax",
    )
    verdicts = {verdict.task: verdict for verdict in graded.verdicts["softmax"]}
    assert all(verdict.passed for verdict in verdicts.values())
    assert "it stopped at line 1: ModuleNotFoundError: No module named 'pandas_of_mine'" in verdicts["max_norm"].note
    assert any("pandas_of_mine" in note for note in graded.notes["softmax"])

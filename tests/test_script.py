"""Scripts that reproduce a failing answer: they are self-contained, and pass once the answer is correct."""

import ast
import re
import subprocess
import sys

import numpy as np
import pytest
from machine import PATIENCE

from autograder.course.sync import solution_text
from autograder.grading.notebook import Evidence
from autograder.replay import script_template as script_parts
from autograder.replay.dependencies import needed_code
from autograder.replay.script import build_script, write_script
from autograder.replay.verdicts import Replayed
from autograder.tasks.catalog import task_named
from autograder.tasks.spec import exam_of
from chainrule.check import case_runner
from chainrule.judging.compare import same
from chainrule.judging.runner import BadReply
from chainrule.judging.verdict import AnswerError, Unanswered, judge

IMPORTS = "import numpy as np\nimport matplotlib.pyplot as plt\n\nUNUSED = plt.rcParams"
FRAME = "class KNearestNeighbor:\n    def train(self, X, y):\n        self.X_train, self.y_train = X, y"
OTHER = "class KNearestNeighbor(KNearestNeighbor):\n    def other(self):\n        return UNUSED"
IN_PLACE = """
def max_norm(W, c):
    \"\"\"My own.\"\"\"
    norms = np.linalg.norm(W, axis=0)
    W *= np.where(norms > c, c / np.where(norms > 0, norms, 1), 1)
    return W
"""
RAISES = 'def kl_divergence(p, q):\n    """My own."""\n    return np.sum(p * logarithm(p / q))\n'
NONE = 'def kl_divergence(p, q):\n    """My own."""\n    np.sum(p * np.log(p / q))\n'
HUGE = """
def compute_distances_no_loops(self, X):
    \"\"\"My own.\"\"\"
    return np.sqrt(np.sum((X[:, None] - self.X_train) ** 2, axis=2))
"""


def cell(task, source):
    """Return a solution cell with this source of the function."""
    return "\n".join(line for line in solution_text(task, source).split("\n") if "### " not in line).rstrip()


def replayed(task, cells, seed=7):
    """Judge the code of cells in this process, as a kernel would."""
    names, answers = {}, []
    for source in cells:
        exec(source, names)

    def ask(case, measured):
        try:
            answer = case_runner(names)(case, measured)
        except (AnswerError, BadReply) as error:
            answers.append((case, error))
            raise
        answers.append((case, answer))
        return answer

    exam = exam_of(task, seed)
    verdict = judge(exam, ask, seed)
    return Replayed(verdict, verdict.as_dict(), Evidence(verdict, exam, answers, cells))


def run(path):
    """Run a script in its own process; return its standard error."""
    completed = subprocess.run(
        [sys.executable, "-W", "ignore", path], capture_output=True, encoding="utf-8", timeout=PATIENCE
    )
    assert (completed.returncode != 0) == bool(completed.stderr), completed
    return completed.stderr


def mistaken(name, mistake):
    task = task_named(name)
    return task.source_with_mistake(next(m for m in task.mistakes if m.name == mistake))


SOFTMAX = task_named("softmax_loss_vectorized")
STEPS = SOFTMAX.source().replace("X @ W", "np.array([row @ W for row in X])")
VIEWS = SOFTMAX.source().replace("X @ W", "np.array(list(map(W.T.dot, X)))")
CASES = {
    "function": ("max_norm", mistaken("max_norm", "rows"), "AssertionError: "),
    "method": ("KNearestNeighbor.predict_labels", mistaken("KNearestNeighbor.predict_labels", "larger_label"), "Asser"),
    "gradient": (
        "svm_loss_vectorized",
        mistaken("svm_loss_vectorized", "sum_gradient"),
        "AssertionError: the data part of dW is the sum",
    ),
    "untouched": ("max_norm", IN_PLACE, "AssertionError: W itself is changed"),
    "exception": ("kl_divergence", RAISES, "NameError: name 'logarithm' is not defined"),
    "None": ("kl_divergence", NONE, "AssertionError: value cannot be compared: it is None"),
    "view": ("pca", mistaken("pca", "not_centred"), "AssertionError: "),
    "steps": (SOFTMAX.name, STEPS, "AssertionError: the work done in Python grows with N ("),
    "views": (SOFTMAX.name, VIEWS, "AssertionError: the work done in Python grows with N ("),
    "memory": ("KNearestNeighbor.compute_distances_no_loops", HUGE, "AssertionError: it needs"),
}


@pytest.mark.parametrize(("name", "source", "message"), CASES.values(), ids=CASES)
def test_a_script_fails_as_the_answer_does_and_passes_with_the_correct_one(name, source, message, tmp_path):
    task = task_named(name)
    wrong, right = cell(task, source), cell(task, task.source())
    replayed_task = replayed(task, [IMPORTS, FRAME, OTHER, wrong, OTHER])
    files = write_script(tmp_path / "case.py", replayed_task)
    text = files[0].read_text(encoding="utf-8")
    assert message in run(files[0])
    assert wrong in text
    assert "matplotlib" not in text
    assert "UNUSED" not in text
    assert "import autograder" not in text
    student_lines = {line.strip() for line in wrong.split("\n")}
    reference_lines = {line.strip() for line in task.source().split("\n")} - student_lines
    assert not {line.strip() for line in text.split("\n")} & reference_lines - {"", ")"}
    files[0].write_text(text.replace(wrong, right), encoding="utf-8")
    assert run(files[0]) == ""


def test_the_smallest_failing_case_is_chosen():
    wrong = cell(SOFTMAX, SOFTMAX.source().replace("reg * np.sum", "2 * reg * np.sum"))
    replayed_task = replayed(SOFTMAX, [IMPORTS, wrong])
    sizes = [failure.case.inputs["X"].size for failed in replayed_task.failed_checks() for failure in failed.failures]
    text, _ = build_script(replayed_task)
    inputs = re.search(r"X = np.array\((.*?)\)\n", text, re.DOTALL)[1]
    assert len(set(sizes)) > 1
    assert np.size(ast.literal_eval(inputs.strip())) == min(sizes)


def test_an_answer_that_never_comes_is_ended_with_its_line(tmp_path, monkeypatch):
    source = 'def kl_divergence(p, q):\n    """My own."""\n    while True:\n        p = p + 1\n'
    task = task_named("kl_divergence")
    exam = exam_of(task, 7)
    answers = [(exam.checks[0].cases[0], Unanswered("no answer within 10 s: is there an endless loop?"))]
    verdict = judge(exam, lambda *_: (_ for _ in ()).throw(answers[0][1]), 7)
    replayed_task = Replayed(verdict, None, Evidence(verdict, exam, answers, [IMPORTS, source]))
    path = tmp_path / "case.py"
    write_script(path, replayed_task)
    path.write_text(
        path.read_text(encoding="utf-8").replace("dump_traceback_later(10,", "dump_traceback_later(0.5,"),
        encoding="utf-8",
    )
    assert re.search(r"line \d+ in kl_divergence", run(path))


def test_correct_answers_give_no_script(tmp_path):
    task = task_named("max_norm")
    assert write_script(tmp_path / "case.py", replayed(task, [IMPORTS, cell(task, task.source())])) == []
    assert list(tmp_path.iterdir()) == []


def test_inputs_that_are_not_contiguous_are_so_in_the_script():
    task = task_named("add_gate_backward")
    wrong = 'def add_gate_backward(dout, cache):\n    """My own."""\n    return dout.reshape(-1), dout\n'
    forward = cell(task_named("add_gate_forward"), task_named("add_gate_forward").source())
    replayed_task = replayed(task, [IMPORTS, forward, wrong])
    strided = [
        failure
        for failed in replayed_task.failed_checks()
        for failure in failed.failures
        if failure.case.layout == "strided"
    ]
    assert strided
    answers = [answer for answer in replayed_task.evidence.answers if answer[0] is strided[0].case]
    text, _ = build_script(
        Replayed(
            replayed_task.verdict,
            None,
            Evidence(replayed_task.verdict, replayed_task.evidence.exam, answers, [forward, wrong]),
        )
    )
    assert "np.repeat(dout, 2, axis=-1)[..., ::2]" in text


ARRAYS = [
    np.array(1.5),
    np.array(1.5 + 1e-6),
    np.array([1.0, np.nan, np.inf, 0.0]),
    np.array([1.0, np.nan, -np.inf, 0.0]),
    np.array([1.0, np.nan, np.inf, 1e-7]),
    np.array([1.0, np.nan, np.inf, 1e-3]),
    np.array([1.0, 2.0, np.inf, 0.0]),
    np.array([True, False]),
    np.array([1, 0]),
    np.array([1, 1]),
    np.array([1 - 1.5e-6, 0]),
    np.array([1 + 1j, 0]),
    np.array([1 + 0j, 0]),
    np.array([[1.0, 0.0]]),
    np.array([1.0, 0.0], np.float32),
    np.array([], float),
]


def test_a_script_compares_as_the_grader_does():
    names = {"np": np}
    exec(script_parts.TOOLS["same_values"], names)
    for got in ARRAYS:
        for expected in ARRAYS:
            for rule in ({"rtol": 1e-6, "atol": 0.0}, {"rtol": 0.0, "atol": 1e-2}):
                verdict = names["same_values"](got, expected, **rule)
                assert verdict == same(got, expected, **rule), (got, expected, rule)


# --- what is needed of the code ---


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a = 1\nb = 2\ndef f(x):\n    return x + a"], ["a = 1", "def f(x):\n    return x + a"]),
        (["x = 1\ndef f(x):\n    y = x\n    return y"], ["def f(x):\n    y = x\n    return y"]),
        (["def f(x):\n    return g(x)", "def g(x):\n    return 1", "def h(x): pass"], None),
        (["def f(x):\n    return 1", "def f(x):\n    return 2"], ["def f(x):\n    return 2"]),
        (["def f(x):\n    return 1", "f.kept = 1", "def f(x):\n    return 2"], None),
        (["a = 1", "a = a + 1", "def f(x, y=a):\n    return y"], None),
        (["%matplotlib inline\n!ls\na = 1; b = 2\ndef f(x): return b"], ["b = 2", "def f(x): return b"]),
        (["table = {}", "table['a'] = 1", "def f(x):\n    return table"], None),
        (["not Python at all", "def f(x): return 1"], ["def f(x): return 1"]),
        (["class A:\n    def m(self): pass", "class A(A):\n    def n(self): pass\ndef f(x): return A()"], 0),
        (["@g\ndef f(x): return 1", "def g(h): return h"], None),
    ],
)
def test_code_needed_by_a_call(cells, expected):
    imports, needed, missing = needed_code(cells, "f", "y = f(x)", ["x"])
    if expected is None:
        expected = [source for source in cells if not source.startswith("def h")]
    if expected == 0:
        expected = ["class A:\n    def m(self): pass", "def f(x): return A()"]
    assert (imports, needed, missing) == ([], expected, [])


def test_imports_are_cut_to_what_is_used_and_stay_behind_what_they_replace():
    source = "import os, sys\nfrom math import sin, cos as c\ndef f(x): return sys.a + c(x)"
    assert needed_code([source], "f", "y = f(x)", ["x"])[0] == ["import sys", "from math import cos as c"]
    replaced = ["cos = 1\nfrom math import cos", "def f(x): return cos"]
    assert needed_code(replaced, "f", "y = f(x)", ["x"]) == ([], ["cos = 1", "from math import cos", replaced[1]], [])


def test_methods_that_a_stand_in_of_the_package_calls_are_kept():
    methods = [f"class Net(Net):\n    def {name}(self): pass" for name in ("shape", "other")]
    cells = ["class Net:\n    pass", *methods]
    assert needed_code(cells, "Net.other", "Net().other()")[1] == [cells[0], cells[2]]
    assert needed_code(cells, "Net.train", "from chainrule.judging.stubs import x\nx(Net)")[1] == cells[:2]
    cells = ["from chainrule.judging.stubs import probe", *cells, "def f(): return probe(Net)"]
    assert needed_code(cells, "f", "y = f()")[1] == [cells[1], cells[2], cells[4]]


def test_code_needed_by_the_reference_is_kept():
    cells = ["def g(x): return x", "def h(x): return x", "def f(x): return 1"]
    assert needed_code(cells, "f", "y = f(x)", ["x"], "def f(x): return g(x) + elsewhere(x)")[1:] == (
        [cells[0], cells[2]],
        [],
    )


def test_undefined_names_are_reported():
    assert needed_code(["def f(x): return elsewhere(x)"], "f", "y = f(x)", ["x"])[2] == ["elsewhere"]


def test_the_header_of_a_script_states_its_requirements():
    task = task_named("kl_divergence")
    source = RAISES.replace("logarithm(", "elsewhere(layers, data, ")
    text, _ = build_script(replayed(task, [IMPORTS, "import json as layers\nfrom chainrule import data", source]))
    assert "# It imports from chainrule: run it in the folder of the assignment.\n" in text
    assert "It imports json" not in text
    assert "# Your code uses names that it does not define itself: elsewhere.\n" in text

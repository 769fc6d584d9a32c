"""Questions of a task are put together; one that hangs, dies or says too much costs only itself."""

import numpy as np
import pytest

from autograder.grading.notebook import Run
from autograder.grading.submission import Options
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits
from autograder.tasks.catalog import task_named
from autograder.tasks.spec import exam_of
from chainrule.judging.runner import BadReply
from chainrule.judging.verdict import AnswerError

MAX_NORM = task_named("max_norm")
SOURCE = "import numpy as np\n" + MAX_NORM.source()
# Wraps the right answer: `fault` happens in the third call.
THIRD = (
    "honest, calls = max_norm, []\ndef max_norm(*args):\n    calls.append(1)\n    if len(calls) == 3:\n"
    "        {fault}\n    return honest(*args)"
)


@pytest.fixture
def kernel(tmp_path, sandbox):
    tmp_path.chmod(0o755)
    with Kernel(tmp_path, Limits(answer_bytes=10**6), sandbox) as kernel:
        kernel.run_cell(SOURCE)
        yield kernel


def cases():
    return [case for check in exam_of(MAX_NORM, 7).checks if check.kind == "values" for case in check.cases]


def test_answers_come_together_and_are_those_that_come_alone(kernel):
    together = kernel.ask_all(cases(), 60)
    assert len(together) == len(cases()) == 3
    for case, answers in zip(cases(), together, strict=True):
        alone = kernel.ask(case, False)
        assert answers.keys() == alone.keys()
        assert all(np.array_equal(answers[name], alone[name], equal_nan=True) for name in alone)


def test_an_error_stands_in_the_place_of_its_answer_alone(kernel):
    kernel.run_cell(THIRD.format(fault="return 1 / 0"))
    together = kernel.ask_all(cases(), 60)
    assert [n for n, answer in enumerate(together) if isinstance(answer, AnswerError)] == [2]
    assert together[2].kind == "ZeroDivisionError"
    kernel.run_cell("calls.clear()\n" + THIRD.format(fault="return 'text'").replace("honest, calls = max_norm, []", ""))
    assert [n for n, answer in enumerate(kernel.ask_all(cases(), 60)) if isinstance(answer, BadReply)] == [2]


@pytest.mark.parametrize("fault", ["import os; os._exit(1)", "while True: pass", "raise KeyboardInterrupt"])
def test_an_answer_that_does_not_come_leaves_those_before_it_or_none(kernel, fault):
    kernel.run_cell(THIRD.format(fault=fault))
    together = kernel.ask_all(cases(), 3)
    assert len(together) in (0, 2)
    assert all(isinstance(answer, dict) for answer in together)


def test_what_does_not_fit_into_a_reply_is_left_out(kernel):
    kernel.run_cell(THIRD.format(fault="return np.zeros(10**5)"))
    assert len(kernel.ask_all(cases(), 60)) == 2


@pytest.mark.parametrize("sent", ["'no list'", "'e30='", "'W10='", "'WzEsMiwzXQ=='", "'W3sib3V0cHV0cyI6IDF9XQ=='"])
def test_a_forged_reply_gives_no_answer(kernel, sent):
    kernel.run_cell(
        "shell = get_ipython()\nshell.user_expressions = lambda e: "
        f"{{k: {{'status': 'ok', 'data': {{'text/plain': {sent!r}}}}} for k in e}}"
    )
    assert not any(isinstance(answer, dict) for answer in kernel.ask_all(cases(), 60))


SOFTMAX = task_named("softmax_loss_vectorized")
WRAPPED = "honest = softmax_loss_vectorized\ndef softmax_loss_vectorized(W, X, y, reg):\n    "
ONE_IMAGE = WRAPPED + "if len(X) == 1:\n        {fault}\n"


def verdict(folder, sandbox, code):
    folder.chmod(0o755)
    run = Run(folder, Options(sandbox, limits=Limits(answer_seconds=3)))
    try:
        run.cell("import numpy as np\n" + SOFTMAX.source())
        run.cell(code)
        return run.judge(SOFTMAX, 7)
    finally:
        run.close()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("return 1j, object()", "cannot be compared"),
        ("import os; os._exit(1)", "the process ended"),
        ("import time; time.sleep(60)", "no answer within"),
        ("while True: pass", "no answer within"),
    ],
)
def test_one_bad_call_costs_no_other_check(tmp_path, sandbox, fault, message):
    found = verdict(tmp_path, sandbox, ONE_IMAGE.format(fault=fault) + "    return honest(W, X, y, reg)")
    (lost,) = found.checks_with_lost_points()
    assert lost.name == "one image, N = 1"
    assert message in lost.message


@pytest.mark.parametrize(
    "body",
    [
        "return honest(W, X, y, 2 * reg)",
        "return 0.0, honest(W, X, y, reg)[1]",
        "X *= 1.5; return honest(W, X, y, reg)",
        "raise NotImplementedError",
        "return honest(W, X.astype(np.float16), y, reg)",
        "return None",
    ],
)
def test_the_verdict_is_that_of_questions_put_one_by_one(tmp_path, sandbox, monkeypatch, body):
    together = verdict(tmp_path, sandbox, WRAPPED + body)
    monkeypatch.setattr(Kernel, "ask_all", lambda *_: [])
    assert together == verdict(tmp_path, sandbox, WRAPPED + body)
    assert not together.passed

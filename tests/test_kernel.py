"""The process that holds a student's code: limits, death, answers, and what is closed to it."""

import json
import os

import pytest

from autograder.edition import write_edition
from autograder.kernel import Kernel, KernelDied, TimeUp, read_reply
from autograder.limits import Limits
from autograder.spec import exam_of
from autograder.specs import task_named
from autograder.step import Options, Run
from chainrule.judging.runner import BadReply, encode
from chainrule.judging.verdict import AnswerError, Unanswered, judge

pytestmark = pytest.mark.slow
QUICK = Limits(cell_seconds=5, answer_seconds=2, output_bytes=10_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("student")
    write_edition(made, "assignment1")
    (made / "helper.py").write_text("three = 3\n")
    return made


@pytest.fixture(scope="module")
def kernel(folder, sandbox):
    with Kernel(folder, QUICK, sandbox) as made:
        made.run_cell("import numpy as np")
        yield made


def text(outputs):
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs).strip()


def test_a_cell_gives_its_outputs(kernel):
    outputs = kernel.run_cell("print('a')\nprint('b')\n1 + 1")
    assert [o["output_type"] for o in outputs] == ["stream", "execute_result"]
    assert outputs[0]["text"] == "a\nb\n"
    assert outputs[1]["data"]["text/plain"] == "2"


def test_an_error_is_an_output(kernel):
    assert kernel.run_cell("1 / 0")[0]["ename"] == "ZeroDivisionError"


def test_files_of_the_student_can_be_imported(kernel):
    assert text(kernel.run_cell("import helper\nhelper.three")) == "3"


def test_an_endless_loop_is_stopped_and_the_kernel_goes_on(kernel):
    with pytest.raises(TimeUp) as caught:
        kernel.run_cell("print('before', flush=True)\nwhile True:\n    pass")
    assert text(caught.value.outputs).startswith("before")
    assert text(kernel.run_cell("2 + 2")) == "4"


def test_too_much_output_is_cut(kernel):
    outputs = kernel.run_cell("for i in range(100):\n    print('x' * 1000, flush=True)")
    assert len(json.dumps(outputs)) < 3 * QUICK.output_bytes
    assert "was left out" in text(outputs)


def test_a_kernel_that_ends_itself_is_noticed_and_started_again(folder, sandbox):
    with Kernel(folder, QUICK, sandbox) as kernel:
        with pytest.raises(KernelDied):
            kernel.run_cell("import os\nos._exit(3)")
        kernel.start()
        assert text(kernel.run_cell("5")) == "5"


def exam(name="max_norm"):
    return exam_of(task_named(name), 1)


def test_right_code_is_judged_right(kernel):
    kernel.run_cell(task_named("max_norm").source())
    assert judge(exam(), kernel.ask).passed


def test_wrong_code_is_explained(kernel):
    task = task_named("max_norm")
    kernel.run_cell(task.mistaken(next(m for m in task.mistakes if m.name == "rows")))
    assert "the rows are shortened" in judge(exam(), kernel.ask).reason()


def test_the_error_of_the_students_code_comes_with_its_line(kernel):
    kernel.run_cell("def max_norm(W, c):\n    return W @ np.ones(100)")
    with pytest.raises(AnswerError, match=r"raised ValueError: matmul.*at `return W @ np.ones\(100\)`"):
        kernel.ask(exam().checks[0].cases[0], False)


def test_an_answer_that_does_not_come_is_not_waited_for(kernel):
    kernel.run_cell("def max_norm(W, c):\n    while True:\n        pass")
    with pytest.raises(Unanswered, match="no answer within 2 s"):
        kernel.ask(exam().checks[0].cases[0], False)


@pytest.mark.parametrize(
    "body",
    [
        "return None",
        "return 'right'",
        "return [[1, 2], [3]]",
        "return object()",
        "return (i for i in range(3))",
        "return np.array([object()])",
        "return {'W': W}",
    ],
)
def test_answers_that_are_no_numbers_are_refused(kernel, body):
    kernel.run_cell(f"def max_norm(W, c):\n    {body}")
    with pytest.raises(BadReply, match="W_new cannot be compared"):
        kernel.ask(exam().checks[0].cases[0], False)


def test_an_object_that_equals_everything_earns_nothing(kernel):
    kernel.run_cell(
        "class Winner(np.ndarray):\n"
        "    __eq__ = __le__ = __ge__ = lambda self, other: True\n"
        "def max_norm(W, c):\n    return np.zeros(3).view(Winner)"
    )
    assert judge(exam(), kernel.ask).score == 0


def test_patched_comparisons_do_not_help(kernel):
    kernel.run_cell(
        "np.allclose = np.array_equal = np.testing.assert_allclose = lambda *a, **k: True\ncheck = print\n"
        "def max_norm(W, c):\n    return 2 * W"
    )
    assert judge(exam(), kernel.ask).score == 0


# --- replies as a hostile kernel could send them ---


def reply(content):
    return {"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": repr(content)}}}}


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"user_expressions": {}},
        {"user_expressions": {"answer": {"status": "error"}}},
        {"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": "__import__('os')"}}}},
        reply("{"),
        reply("[]"),
        reply("3"),
        reply('{"outputs": {}}'),
        reply('{"outputs": {"loss": 3}}'),
        reply('{"outputs": {"loss": {"dtype": "|O", "shape": [1], "data": ""}}}'),
        reply('{"outputs": {"loss": {"dtype": "<f8", "shape": [1000000000], "data": ""}}}'),
        reply("[" * 100_000),
    ],
)
def test_a_reply_that_is_not_what_was_asked_for_is_refused(found):
    with pytest.raises(BadReply):
        read_reply(found, ["loss"])


def test_a_sound_reply_is_read():
    import numpy as np

    sound = json.dumps({"outputs": {"loss": encode(np.float64(2.5))}})
    assert read_reply(reply(sound), ["loss"])["loss"] == 2.5


# --- what is closed ---

CLOSED = {
    "the network": "import socket\nsocket.create_connection(('1.1.1.1', 53), 2)",
    "the grader": "import autograder",
    "the reference": "from chainrule import linear",
    "this checkout": f"open({os.path.abspath(__file__)!r})",
    "files of the machine": "open('/etc/passwd')",
    "other processes": "import os\n[p for p in os.listdir('/proc') if p.isdigit() and int(p) > 60][0]",
    "the student's folder, to write": "open('/home/student/helper.py', 'w')",
    "the system, to write": "open('/usr/x', 'w')",
    "memory without end": "bytearray(30 * 2**30)",
    "secrets in the environment": "import os\nos.environ['CHAINRULE_SECRET']",
}


@pytest.mark.parametrize("what", CLOSED)
def test_the_sandbox_closes(bwrap, kernel, what, monkeypatch):
    outputs = kernel.run_cell(CLOSED[what])
    assert outputs
    assert outputs[0]["output_type"] == "error", f"{what} is open: {outputs}"


# --- a notebook's run ---


def test_earlier_cells_are_run_again_in_a_new_kernel_without_the_one_that_ended_it(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=QUICK))
    try:
        run.cell("a = 1")
        assert "the process ended" in text(run.cell("import os\nb = 2\nos._exit(0)"))
        assert text(run.cell("a")) == "1"
        assert run.cell("b")[0]["ename"] == "NameError"
    finally:
        run.close()


def test_cells_left_out_are_run_once_a_name_is_missing(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=QUICK))
    try:
        assert run.cell("limit = 1e9", "") == []
        run.cell("import numpy as np")
        run.cell(task_named("max_norm").source().replace("W * (c /", "W * (limit / limit * c /"))
        verdict = run.judge(task_named("max_norm"), 1)
        assert verdict.passed, verdict
    finally:
        run.close()


def test_after_the_notebooks_time_nothing_is_run_or_asked(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=Limits(notebook_seconds=-1)))
    assert "were used up" in text(run.cell("1"))
    verdict = run.judge(task_named("max_norm"), 1)
    assert verdict.score == 0
    assert "were used up" in verdict.reason()


def test_a_function_that_hangs_is_not_asked_for_ever(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=Limits(answer_seconds=1)))
    try:
        run.cell("def regularization(*a):\n    while True:\n        pass")
        verdict = run.judge(task_named("regularization"), 1)
        assert [o.message.startswith("not asked") for o in verdict.outcomes] == [False] * 2 + [True] * 5
    finally:
        run.close()

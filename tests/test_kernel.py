"""The process that runs a student's code: limits, crashes, answers, and what the sandbox closes."""

import base64
import json
import os
import site
import socket
import subprocess
import tempfile
from dataclasses import replace

import numpy as np
import psutil
import pytest
from machine import wait_until, without_root_rights

from autograder.course.edition import write_edition
from autograder.grading.notebook import Run
from autograder.grading.submission import Options
from autograder.sandbox import forkserver
from autograder.sandbox.bubblewrap import WAIT_FOR_GRADER, environment
from autograder.sandbox.kernel import Kernel, KernelDied, TimeUp
from autograder.sandbox.limits import Limits
from autograder.sandbox.reply import read_reply
from autograder.tasks.catalog import task_named
from autograder.tasks.spec import exam_of
from chainrule.judging.runner import BadReply, encode
from chainrule.judging.verdict import AnswerError, Unanswered, judge

pytestmark = pytest.mark.slow
QUICK = Limits(
    cell_seconds=5,
    answer_seconds=2,
    output_bytes=10_000,
    outputs=20,
    answer_bytes=100_000,
    processes=64,
    memory_bytes=2**30,
    file_bytes=2**20,
    disk_bytes=4 * 2**20,
    files=500,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    write_edition(folder, "assignment1")
    (folder / "helper.py").write_text("three = 3\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def kernel(folder, sandbox):
    with Kernel(folder, QUICK, sandbox) as kernel:
        kernel.run_cell("import numpy as np")
        yield kernel


def text(outputs):
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs).strip()


def test_a_cell_gives_its_outputs(kernel):
    outputs = kernel.run_cell("print('a')\nprint('b')\n1 + 1")
    assert [o["output_type"] for o in outputs] == ["stream", "execute_result"]
    assert outputs[0]["text"] == "a\nb\n"
    assert outputs[1]["data"]["text/plain"] == "2"


def test_root_without_the_right_to_every_file_reaches_it(folder, sandbox):
    with without_root_rights(), Kernel(folder, QUICK, sandbox) as kernel:
        assert text(kernel.run_cell("1 + 1")) == "2"


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
    assert len(json.dumps(outputs)) < 2 * QUICK.output_bytes
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
    kernel.run_cell(task.source_with_mistake(next(m for m in task.mistakes if m.name == "rows")))
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
    packed = base64.b64encode(content.encode()).decode()
    return {"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": repr(packed)}}}}


@pytest.mark.parametrize(
    "reply_values",
    [
        {},
        {"user_expressions": {}},
        {"user_expressions": {"answer": {"status": "error"}}},
        {"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": "__import__('os')"}}}},
        {"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": "'{}'"}}}},
        {"user_expressions": {"answer": {"status": "ok", "data": {"text/plain": 3}}}},
        {"user_expressions": {"answer": [1]}},
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
def test_an_unexpected_reply_is_refused(reply_values):
    with pytest.raises(BadReply):
        read_reply(reply_values, ["loss"], 100)


def test_a_valid_reply_is_read():
    sound = json.dumps({"outputs": {"loss": encode(np.float64(2.5))}})
    assert read_reply(reply(sound), ["loss"], 8)["loss"] == 2.5


def test_a_reply_of_more_bytes_than_allowed_is_refused():
    sound = json.dumps({"outputs": {"loss": encode(np.ones(2))}})
    with pytest.raises(BadReply, match="its size"):
        read_reply(reply(sound), ["loss"], 15)


# --- limits, each on a kernel of its own: what it costs, and that the reason is given ---

TOO_MUCH = {
    "memory of one process": ("bytearray(30 * 2**30)", "MemoryError"),
    "memory of several": (
        "import os, time\nfor n in range(6):\n    if os.fork() == 0:\n        a = bytes([1]) * 2**28\n"
        "        time.sleep(60)\ntime.sleep(30)",
        "more than 1 GiB of memory together",
    ),
    "processes": ("import os, time\nfor n in range(99):\n    if os.fork() == 0:\n        time.sleep(60)", "Errno 11"),
    "threads": (
        "import threading, time\nfor n in range(999):\n    threading.Thread(target=time.sleep, args=(999,)).start()",
        "can't start new thread",
    ),
    "one file": ("open('/tmp/a', 'wb').write(bytes(2**22))", "Errno 27"),
    "all files": ("for n in range(9):\n    open(f'/tmp/{n}', 'wb').write(bytes(2**20))", "Errno 28"),
    "files that were deleted": (
        "import os\nkept = [open(f'/tmp/{n}', 'wb') for n in range(9)]\nfor f in kept:\n    os.remove(f.name)\n"
        "for f in kept:\n    f.write(bytes(2**20)), f.flush()",
        "Errno 28",
    ),
    "many files": ("for n in range(10**6):\n    open(f'/tmp/{n}', 'w').close()", "more than 500 files"),
    "one enormous line": ("import sys\nsys.stdout.write('y' * 10**7)\nsys.stdout.flush()", "output was left out"),
    "many outputs": ("for n in range(1000):\n    display(n)", "output was left out"),
    "one enormous error": ("raise ValueError('x' * 10**7)", "output was left out"),
}


def outcome(kernel, code):
    """Return the output of a cell, or the reason why it ended."""
    try:
        outputs = kernel.run_cell(code)
    except (KernelDied, TimeUp) as error:
        return f"{type(error).__name__}{error}"
    return " ".join(str(o.get("evalue", "") or o.get("ename", "")) + o.get("text", "") for o in outputs)


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_limit_is_enforced_and_reported(bwrap, folder, what):
    code, message = TOO_MUCH[what]
    with Kernel(folder, QUICK) as kernel:
        error = outcome(kernel, code)
        assert message in error
        if not kernel.alive():
            kernel.start()
        assert text(kernel.run_cell("6 * 7")) == "42"


@pytest.mark.parametrize("forked", [True, False])
def test_threads_are_limited_by_their_number_and_not_by_their_addresses(bwrap, folder, monkeypatch, forked):
    if not forked:
        monkeypatch.setitem(forkserver._state, "problem", "switched off")
    with Kernel(folder, QUICK) as kernel:
        kernel.run_cell("import threading\nend = threading.Event()")
        message = outcome(kernel, "for n in range(999):\n    threading.Thread(target=end.wait).start()")
        assert "can't start new thread" in message
        assert QUICK.processes / 2 < int(text(kernel.run_cell("end.set()\nn"))) <= QUICK.processes


def test_a_fork_bomb_stays_inside_its_sandbox(bwrap, folder):
    with Kernel(folder, QUICK) as kernel:
        outcome(kernel, "import os\nwhile True:\n    os.fork()")
        kernel.start()
        assert text(kernel.run_cell("6 * 7")) == "42"


def test_an_answer_that_is_too_large_is_refused_and_the_next_is_read(kernel):
    kernel.run_cell("def max_norm(W, c):\n    return np.zeros(10**6)")
    with pytest.raises(BadReply, match="8000000 bytes, more than the 100000 allowed"):
        kernel.ask(exam().checks[0].cases[0], False)
    kernel.run_cell(task_named("max_norm").source())
    assert judge(exam(), kernel.ask).passed


def test_an_oversized_answer_that_was_sent_anyway_is_lost_and_the_next_is_read(folder, sandbox):
    with Kernel(folder, replace(QUICK, answer_seconds=20)) as kernel:
        kernel.run_cell("import numpy as np\nshell = get_ipython()\nhonest = shell.user_expressions")
        kernel.run_cell(
            "shell.user_expressions = lambda e: {k: {'status': 'ok', 'data': {'text/plain': 'A' * 10**7}} for k in e}"
        )
        with pytest.raises(BadReply, match="did not come back"):
            kernel.ask(exam().checks[0].cases[0], False)
        kernel.run_cell("shell.user_expressions = honest\n" + task_named("max_norm").source())
        assert judge(exam(), kernel.ask).passed


def test_nothing_that_was_started_outlives_the_kernel(bwrap, folder):
    with Kernel(folder, QUICK) as kernel:
        kernel.run_cell(
            "import os, sys\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            "        code = 'import time; time.sleep(9999)'\n"
            "        os.execv(sys.executable, ['python', '-c', code, 'outlives-its-kernel'])\n"
            "    os._exit(0)"
        )
        # It is the child of a child, for which the cell does not wait.
        assert wait_until(lambda: running("outlives-its-kernel"))
    assert wait_until(lambda: not running("outlives-its-kernel"))


def running(word):
    return [p for p in psutil.process_iter(["cmdline"]) if word in (p.info["cmdline"] or [])]


def test_no_descriptor_and_no_folder_is_left_behind(folder, sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Kernel(folder, QUICK, sandbox):
        pass
    before = psutil.Process().num_fds()
    with Kernel(folder, QUICK, sandbox):
        assert os.listdir(tmp_path)
    assert os.listdir(tmp_path) == []
    # The watchdog of another kernel reads files meanwhile.
    assert wait_until(lambda: psutil.Process().num_fds() <= before)


# --- what is closed ---

CLOSED = {
    "the network": "import socket\nsocket.create_connection(('1.1.1.1', 53), 2)",
    "the grader": "import autograder",
    "the reference": "from chainrule import linear",
    "this checkout": f"open({os.path.abspath(__file__)!r})",
    "files of the machine": "open('/etc/hostname')",
    "its users": "open('/etc/shadow')",
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


KNOWN = """
import getpass, grp, os, pathlib, pwd, site
me = pwd.getpwuid(os.getuid())
home = os.environ["HOME"]
homes = {home, os.path.expanduser("~"), os.path.expanduser("~student"), me.pw_dir, str(pathlib.Path.home())}
[getpass.getuser(), me.pw_name, grp.getgrgid(os.getgid()).gr_name, len(homes), os.path.isfile(f"{home}/helper.py"),
 [len(open(f"/etc/{name}").readlines()) for name in ("passwd", "group")]]
"""


def test_the_student_has_a_name_and_a_home_and_no_neighbours(bwrap, kernel):
    assert text(kernel.run_cell(KNOWN)) == "['student', 'student', 'student', 1, True, [1, 1]]"


@pytest.mark.parametrize("enabled", [True, False, None])
def test_packages_in_a_home_are_found_only_where_the_grader_finds_its_own_there(monkeypatch, enabled):
    monkeypatch.setattr(site, "ENABLE_USER_SITE", enabled)
    variables = environment()
    assert variables.get("PYTHONUSERBASE") == (site.getuserbase() if enabled else None)
    assert variables.get("PYTHONNOUSERSITE") == (None if enabled else "1")


# --- a notebook's run ---


def test_earlier_cells_are_run_again_in_a_new_kernel_without_the_one_that_ended_it(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=QUICK))
    try:
        run.cell("a = 1")
        assert "the process ended" in text(run.cell("import os\nb = len('ab')\nos._exit(0)"))
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
    run = Run(folder, Options(sandbox, limits=replace(QUICK, notebook_seconds=-1)))
    assert "were used up" in text(run.cell("1"))
    verdict = run.judge(task_named("max_norm"), 1)
    assert verdict.score == 0
    assert "were used up" in verdict.reason()


def test_a_function_that_hangs_is_not_called_forever(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=replace(QUICK, answer_seconds=1)))
    try:
        run.cell("def regularization(*a):\n    while True:\n        pass")
        verdict = run.judge(task_named("regularization"), 1)
        assert [o.message.startswith("not asked: 2 questions") for o in verdict.outcomes] == [False] * 2 + [True] * 5
    finally:
        run.close()


def test_a_function_that_is_slow_has_the_tasks_time_and_no_more(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=replace(QUICK, answer_seconds=3, task_seconds=3)))
    try:
        run.cell(
            "import time\nimport numpy as np\n"
            + task_named("max_norm").source().replace('"""\n', '"""\n    time.sleep(1.4)\n', 1)
        )
        reason = run.judge(task_named("max_norm"), 1).reason()
        assert "is there an endless loop?" in reason or "not asked: the task's 3 s were used up" in reason
    finally:
        run.close()


def test_a_submission_that_hits_every_limit_costs_its_notebooks_time(folder, sandbox, monkeypatch):
    """Crashes, hangs and reruns together: nothing is run after the notebook's time is up."""
    limits = replace(QUICK, cell_seconds=2, answer_seconds=1, notebook_seconds=8)
    run, run_cell, starts = Run(folder, Options(sandbox, limits=limits)), Kernel.run_cell, []
    monkeypatch.setattr(Kernel, "run_cell", lambda *args: starts.append(run.time.clock.seconds) or run_cell(*args))
    try:
        for n in range(5):
            run.cell(f"import time\ntime.sleep(1.5)\nn = {n}")
            run.cell("import os\nos._exit(1)")
        assert "were used up" in run.notes[-1]
        verdict = run.judge(task_named("max_norm"), 1)
        assert (verdict.score, verdict.timed_out) == (0, True)
        assert len(starts) >= 5
        assert max(starts) < limits.notebook_seconds
    finally:
        run.close()


def test_limits_that_were_hit_are_in_the_verdict_and_the_notes(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=QUICK))
    try:
        run.cell("import numpy as np\ndef max_norm(W, c):\n    return np.ones(2**36)")
        verdict = run.judge(task_named("max_norm"), 1)
        assert "1 GiB of memory are allowed" in verdict.note
        assert "1 GiB of memory are allowed" in " ".join(run.notes)
        assert "Unable to allocate" in verdict.reason()
    finally:
        run.close()


def test_outputs_that_were_left_out_are_in_the_notes(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=QUICK))
    try:
        run.cell("for n in range(100):\n    display(n)")
        assert run.notes == [
            "cell `for n in range(100):`: output was left out: a cell may show 10000 bytes and 20 outputs"
        ]
    finally:
        run.close()


def test_all_cells_of_a_notebook_together_may_show_so_much(folder, sandbox):
    run = Run(folder, Options(sandbox, limits=replace(QUICK, notebook_output_bytes=25_000)))
    try:
        sizes = [len(json.dumps(run.cell(f"print('x' * 9_000)  # {n}"))) for n in range(5)]
        ended = run.cell("print('x' * 9_000, flush=True)\nimport os; os._exit(1)")
        assert [size > 9_000 for size in sizes] == [True, True, False, False, False]
        assert not any("xxx" in output.get("text", "") for output in ended)
        assert run.notes[0] == (
            "cell `print('x' * 9_000)  # 2`: output was left out: all cells of a notebook together may show 25000 bytes"
        )
        assert run.cell("x = 1") == []
    finally:
        run.close()


def test_a_cell_that_ends_the_process_only_when_it_is_run_again_does_not_take_the_others_along(folder, bwrap):
    run = Run(folder, Options(limits=QUICK))
    try:
        run.cell("a = 1")
        run.cell("import os\nb = 2")
        run.ran.insert(1, "import os\nos._exit(1)")
        run.cell("import os\nos._exit(1)")
        assert text(run.cell("a + b")) == "3"
    finally:
        run.close()


def test_nothing_starts_inside_before_the_grader_has_answered():
    for answer, output in ((b"\n", "begun\n"), (b"", "")):
        ours, theirs = socket.socketpair()
        inside = subprocess.Popen(
            [*WAIT_FOR_GRADER, "echo", "begun"], stdin=theirs, stdout=subprocess.PIPE, encoding="utf-8"
        )
        theirs.close()
        assert ours.recv(1) == b"\n"
        ours.sendall(answer)
        ours.close()
        assert inside.communicate()[0] == output

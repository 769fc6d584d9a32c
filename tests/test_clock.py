"""Limits count the time of the student's code: load from other processes on the machine costs it nothing."""

import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from machine import wait_until
from nbgrader.api import Gradebook
from pebble import ProcessExpired
from small_course import ASSIGNMENT, POINTS, Attack, make_course, write_submission

from autograder.commands.table import text_table
from autograder.course.edition import write_edition
from autograder.grading import journal
from autograder.grading.classroom import grade, pool
from autograder.grading.notebook import Run
from autograder.grading.submission import Graded, Options, write_verdict
from autograder.pages.report import write_report
from autograder.replay.verdicts import replay_record
from autograder.sandbox import cpu_time as clock
from autograder.sandbox.cpu_time import Allowance, Clock, Meter
from autograder.sandbox.kernel import Kernel, TimeUp
from autograder.sandbox.limits import Limits
from autograder.tasks.catalog import task_named
from chainrule.judging.verdict import Outcome, Verdict

pytestmark = pytest.mark.filterwarnings("ignore")
SHORT = Limits(cell_seconds=3, answer_seconds=1, task_seconds=2, notebook_seconds=30, patience=60)
LOOP = "def max_norm(W, c):\n    while True:\n        pass"


class FakeProcess:
    """Stands for a psutil process with set times. state: that of its one thread."""

    def __init__(self, pid=1, user_seconds=0.0, children=0.0, state="S"):
        self.pid, self.user_seconds, self.children, self.state = pid, user_seconds, children, state

    def create_time(self):
        return 0

    def cpu_times(self):
        return SimpleNamespace(user=self.user_seconds, system=0.0, children_user=self.children, children_system=0.0)


@pytest.fixture
def wall(monkeypatch):
    """A wall clock set by the test; processes are at work according to their state."""
    now = SimpleNamespace(time=100.0)
    monkeypatch.setattr(clock.time, "monotonic", lambda: now.time)
    monkeypatch.setattr(clock, "busy_threads", lambda process: int(process.state in "RD"))
    return now


def ticks(meter, wall, processes, number=10, seconds=0.1):
    """Return the seconds that a clock counts during this number of ticks."""
    before = meter.clock.seconds
    with meter.clock.counting_sleep():
        for _ in range(number):
            wall.time += seconds
            meter.read(processes)
    return meter.clock.seconds - before


def test_waiting_for_the_processor_does_not_count(wall):
    process = FakeProcess(state="R")
    meter = Meter(Clock(), [process])
    assert ticks(meter, wall, [process], 1000) == 0
    process.user_seconds += 2.5
    assert ticks(meter, wall, [process], 1) == 2.5


def test_sleeping_counts_as_wall_time(wall):
    process = FakeProcess(state="S")
    meter = Meter(Clock(), [process])
    assert ticks(meter, wall, [process]) == pytest.approx(1)
    # No question is open, so the process can only wait.
    wall.time += 0.1
    meter.read([process])
    assert meter.clock.seconds == pytest.approx(1)


def test_a_delayed_grader_costs_the_student_no_time(wall):
    process = FakeProcess(state="S")
    meter = Meter(Clock(), [process])
    assert ticks(meter, wall, [process], 1, seconds=3600) <= 0.2


@pytest.mark.parametrize(
    ("share", "state", "slowed"), [(1, "R", False), (0.8, "R", False), (0.5, "R", True), (0, "S", False)]
)
def test_code_that_gets_half_a_processor_is_slowed_down_and_code_that_sleeps_is_not(wall, share, state, slowed):
    process = FakeProcess(state=state)
    meter = Meter(Clock(), [process])
    for _ in range(20):
        process.user_seconds += share * 0.1
        ticks(meter, wall, [process], 1)
    assert meter.clock.slowed is slowed


def test_children_count_once_whether_or_not_their_parent_waits_for_them(wall):
    parent, child = FakeProcess(1, state="R"), FakeProcess(2, user_seconds=1.0, state="R")
    meter = Meter(Clock(), [parent])
    assert ticks(meter, wall, [parent, child], 1) == 1
    parent.children = 1.0  # the child has ended
    assert ticks(meter, wall, [parent], 2) == 0
    for pid in range(3, 8):  # these end unnoticed
        ticks(meter, wall, [parent, FakeProcess(pid, user_seconds=1.0, state="R")], 1)
    assert meter.clock.seconds == pytest.approx(6, abs=1)


def test_an_allowance_ends_by_either_time(wall):
    counted = Clock()
    allowance = Allowance(counted, 10, 6)
    assert allowance.remaining() == 10
    counted.seconds = 9.5
    assert allowance.remaining() == 0.5
    wall.time += 59
    assert allowance.remaining() == pytest.approx(1 / 6)
    wall.time += 1
    assert (allowance.remaining(), allowance.describe()) == (0, "60 s on the wall")
    counted.seconds = 10
    assert (allowance.remaining(), allowance.describe()) == (0, "10 s")


# --- real processes ---


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    write_edition(folder, "assignment1")
    return folder


@pytest.fixture
def busy():
    """A machine on which eight other processes compute."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
    yield
    for process in processes:
        process.kill()
        process.wait()


WORK = "import time\nstart = time.process_time()\nwhile time.process_time() - start < {}:\n    pass"


@pytest.mark.slow
def test_on_a_busy_machine_correct_work_passes_and_a_loop_is_stopped(folder, sandbox, busy):
    """Both take less than their processor time, and more than that on the wall clock."""
    run = Run(folder, Options(sandbox, limits=SHORT))
    try:
        run.cell("import numpy as np\n" + WORK.format(1.5))
        slow = task_named("max_norm").source().replace('"""\n', f'"""\n{indented(WORK.format(0.1))}\n', 1)
        run.cell(slow)
        verdict = run.judge(task_named("max_norm"), 1)
        assert (verdict.score, verdict.timed_out, run.notes) == (2, False, []), verdict
        run.cell(LOOP)
        verdict = run.judge(task_named("max_norm"), 1)
        assert (verdict.score, verdict.timed_out) == (0, True)
        assert "no answer within 1 s: is there an endless loop?" in verdict.reason()
    finally:
        run.close()


def indented(text):
    return "".join(f"    {line}\n" for line in text.split("\n"))


FORK = "import os\nif os.fork() == 0:\n    {}\n    os._exit(0)\n"
ENDLESS = {
    "a loop": "while True: pass",
    "sleep": "import time\ntime.sleep(10_000)",
    "a lock": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "many sleeps": "import time\nwhile True:\n    time.sleep(0.001)",
    "a child that works": FORK.format("while True: pass") + "os.wait()",
    "a daemon that works": FORK.format("os.setsid(); os.fork(); exec('while True: pass')") + "os.wait()",
    "children that nobody waits for": (
        "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nwhile True:\n    if os.fork() == 0:\n"
        "        start = time.process_time()\n        while time.process_time() - start < 0.3: pass\n"
        "        os._exit(0)\n    time.sleep(0.3)"
    ),
    "a thread that works": (
        "import threading\ndef loop():\n    while True: pass\n"
        "made = threading.Thread(target=loop, daemon=True)\nmade.start()\nmade.join()"
    ),
    "a stopped process": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", ENDLESS)
def test_what_never_ends_is_stopped_by_its_own_time(folder, sandbox, what):
    with Kernel(folder, replace(SHORT, cell_seconds=1), sandbox) as kernel, pytest.raises(TimeUp, match=r"^1 s$"):
        kernel.run_cell(ENDLESS[what])


@pytest.mark.slow
def test_what_takes_no_time_of_its_own_is_stopped_by_the_wall(folder, sandbox, monkeypatch):
    monkeypatch.setattr(clock, "busy_threads", lambda process: 1)
    limits = replace(SHORT, cell_seconds=1, patience=3)
    with Kernel(folder, limits, sandbox) as kernel, pytest.raises(TimeUp, match="3 s on the wall"):
        kernel.run_cell("import time\ntime.sleep(10_000)")


@pytest.mark.slow
def test_a_kernel_that_is_killed_once_costs_nothing(folder, sandbox):
    """Killed from outside while a cell runs, and while a question is answered."""
    run = Run(folder, Options(sandbox, limits=replace(SHORT, cell_seconds=20, answer_seconds=20, task_seconds=60)))
    marks = iter(("cell", "answer"))
    try:
        run.cell("import numpy as np")
        kernel, execute = run.kernel, run.kernel._execute

        def killed(code, *args, **kwargs):
            if ("a = 1" if not kills else "<runner>") in f"{code}{args}" and len(kills) < 2:
                kills.append(next(marks))
                kernel.process.kill()
            return execute(code, *args, **kwargs)

        kills = []
        kernel._execute = killed
        run.cell("a = 1\n" + task_named("max_norm").source())
        assert run.judge(task_named("max_norm"), 1).passed
        assert (kills, run.notes) == (["cell", "answer"], [])
    finally:
        run.close()


def test_the_state_of_every_thread_is_read():
    process = psutil.Process()
    assert clock.busy_threads(process)  # this thread
    sleeper = subprocess.Popen(["sleep", "9999"])
    try:
        assert wait_until(lambda: not clock.busy_threads(psutil.Process(sleeper.pid)))
    finally:
        sleeper.kill()
        sleeper.wait()
    assert not clock.busy_threads(SimpleNamespace(pid=sleeper.pid))


# --- the class ---


@pytest.fixture(scope="module")
def released(root, tmp_path_factory):
    return make_course(root, tmp_path_factory.mktemp("clock") / "course")


def verdicts(*late):
    """Return the verdicts of a submission in which these tasks timed out."""
    results = []
    for name in POINTS:
        task = task_named(name)
        outcomes = tuple(Outcome(c.name, c.points, None if name in late else True, "late") for c in task.checks)
        results.append(Verdict(name, outcomes, 1, timed_out=name in late))
    return results


class ScriptedExecutor:
    """An executor whose jobs end as `ends` says, in order, on a busy machine. students: whose jobs were submitted."""

    jobs = 4

    def __init__(self, course, ends, slowed=("softmax",)):
        self.course, self.ends, self.students, self.slowed = course, ends, [], list(slowed)

    def submit(self, function, submitted, released, assignment, student, options):
        end = self.ends[student].pop(0)
        self.students.append(student)
        job = Future()
        if isinstance(end, Exception):
            job.set_exception(end)
        else:
            text = (self.course.path("submitted", assignment, student) / "softmax.ipynb").read_text(encoding="utf-8")
            notebook = judged(text, end)
            job.set_result(Graded({"softmax": notebook}, {"softmax": end}, {}, self.slowed))
        return job


def judged(text, verdicts):
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        for verdict in verdicts:
            if name == task_named(verdict.task).test_id:
                write_verdict(cell, verdict)
    return nbformat.writes(notebook)


def test_what_timed_out_is_judged_once_more_at_the_end_and_then_flagged(released):
    passed, late = verdicts(), verdicts("max_norm")
    ends = {
        "ada": [passed],
        "ben": [late, passed],
        "cho": [late, late],
        "dee": [TimeoutError(), passed],
        "eli": [ProcessExpired("x"), ProcessExpired("x")],
        "fay": [passed],
    }
    course = released
    for student in ends:
        write_submission(course, student)
    executor = ScriptedExecutor(course, ends)
    results = {r.student: r for r in grade(course, ASSIGNMENT, Options("none"), executor=executor)}
    assert executor.students == [*ends, "ben", "cho", "dee", "eli"]
    assert {n: (r.score, r.timed_out) for n, r in results.items() if not r.error} == {
        **dict.fromkeys(("ada", "ben", "dee", "fay"), (12, [])),
        "cho": (10, ["max_norm"]),
    }
    assert results["eli"].error.startswith("it could not be judged: the process that judged it ended")
    assert results["cho"].as_dict()["timed_out"] == ["max_norm"]
    assert "time was up, to be looked at: max_norm" in text_table(list(results.values()))
    with Gradebook(course.directory.db_url) as book:
        flags = {
            name: book.find_grade("test_max_norm", "softmax", ASSIGNMENT, name).needs_manual_grade
            for name in ("ada", "ben", "cho", "dee")
        }
        assert flags == {"ada": False, "ben": False, "cho": True, "dee": False}
        assert not book.find_grade("test_regularization", "softmax", ASSIGNMENT, "cho").needs_manual_grade
    assert "To be looked at by hand: cho (max_norm)." in " ".join(
        write_report(course, ASSIGNMENT).read_text(encoding="utf-8").split()
    )
    # The next run judges only those again who timed out or have no grade.
    second_run = ScriptedExecutor(course, {"cho": [passed], "eli": [passed]})
    results = {r.student: r for r in grade(course, ASSIGNMENT, Options("none"), executor=second_run)}
    assert second_run.students == ["cho", "eli"]
    assert {(r.score, r.error, tuple(r.timed_out)) for r in results.values()} == {(12, "", ())}
    assert not journal.read(course, ASSIGNMENT, "cho").timed_out


def test_what_timed_out_though_no_processor_was_missing_is_not_judged_again(released):
    write_submission(released, "gil")
    executor = ScriptedExecutor(released, {"gil": [verdicts("max_norm")]}, slowed=())
    (result,) = grade(released, ASSIGNMENT, Options("none"), student="gil", executor=executor)
    assert (executor.students, result.score, result.timed_out) == (["gil"], 10, ["max_norm"])


def test_submissions_that_are_judged_again_run_alone(released):
    late, at_work = verdicts("max_norm"), []
    for number in range(4):
        write_submission(released, f"s{number}")
    students = released.students(ASSIGNMENT)

    class Slow(ScriptedExecutor):
        def submit(self, *arguments):
            return threads.submit(self.play, arguments)

        def play(self, arguments):
            at_work.append(arguments[4])
            number_at_work = len(at_work)
            job = super().submit(*arguments)
            time.sleep(0.05)
            at_work.remove(arguments[4])
            if self.students.count(arguments[4]) == 2:
                numbers_at_work.append(number_at_work)
            return job.result()

    numbers_at_work = []
    with ThreadPoolExecutor(4) as threads:
        executor = Slow(released, {name: [late, late] for name in students})
        list(grade(released, ASSIGNMENT, Options("none"), force=True, executor=executor))
    assert numbers_at_work == [1] * len(students)


@pytest.mark.slow
def test_a_loop_is_flagged_and_can_be_replayed(root, sandbox, tmp_path):
    course = make_course(root, tmp_path / "course")
    write_submission(course, "zoe", Attack("loop", "", {}, {"answer": LOOP}))
    limits = replace(SHORT, notebook_seconds=60)
    with pool(1) as executor:
        (result,) = grade(course, ASSIGNMENT, Options(sandbox, limits=limits), executor=executor)
    assert (result.error, result.score, result.timed_out) == ("", 10, ["max_norm"])
    (replayed,) = replay_record(course, ASSIGNMENT, "zoe", Options(sandbox, limits=limits))
    assert replayed.verdict.timed_out

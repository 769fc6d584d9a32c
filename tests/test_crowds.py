"""Code that computes in many processes at once is ended, so that other submissions keep their processors."""

import time
from dataclasses import replace

import pytest

from autograder.grading.notebook import MAX_CROWDS, Run
from autograder.grading.submission import Options
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits
from autograder.tasks.catalog import task_named

FEW = Limits(busy=3, notebook_seconds=100)
MANY = replace(FEW, busy=64)
CROWD = "import os\nfor _ in range(12):\n    if os.fork() == 0:\n        while True:\n            pass"
REASON = "more than 3 of its processes and threads computed at the same time"


@pytest.fixture
def run(bwrap, tmp_path, monkeypatch):
    """A Run whose kernels note when they start."""
    tmp_path.chmod(0o755)
    run, start, starts = Run(tmp_path, Options(limits=FEW)), Kernel.start, []
    monkeypatch.setattr(Kernel, "start", lambda self, *args: starts.append(1) or start(self, *args))
    run.starts = starts
    yield run
    run.close()


def answer():
    return "import numpy as np\n" + task_named("max_norm").source()


def test_a_cell_that_leaves_a_crowd_behind_is_found_and_costs_nothing_else(run):
    run.cell("first = 1")
    run.cell(CROWD)
    for number in range(3):
        run.cell(f"import time\ntime.sleep(1)\nlater{number} = first")
    run.cell(answer())
    assert run.judge(task_named("max_norm"), 1).passed
    outputs = run.cell("print(later0 + later1 + later2)")
    assert outputs[0]["text"] == "3\n"
    assert CROWD not in run.ran
    assert len(run.starts) <= 3


def test_a_cell_that_waits_for_its_crowd_is_named(run):
    outputs = run.cell(CROWD.replace("import os", "import os, time") + "\ntime.sleep(60)")
    assert REASON in outputs[-1]["text"]
    assert REASON in run.notes[-1]


def test_a_function_that_starts_crowds_uses_up_the_notebooks_time(run):
    run.cell("def max_norm(W, c):\n" + "\n".join("    " + line for line in CROWD.split("\n")) + "\n    return 0 * W")
    for _ in range(MAX_CROWDS):
        verdict = run.judge(task_named("max_norm"), 1)
        assert verdict.score == 0
    assert verdict.timed_out
    run.cell("never = 1")
    assert run.notes[-1].endswith("100 s were used up, 20 s each time too many processes computed at once")
    assert len(run.starts) <= MAX_CROWDS + 2


def test_work_that_ends_soon_and_many_threads_that_sleep_are_no_crowd(run):
    run.cell("import threading, time\nfor _ in range(20):\n    threading.Thread(target=time.sleep, args=(3,)).start()")
    run.cell(CROWD.replace("while True:\n            pass", "os._exit(0)"))
    began = time.monotonic()
    while time.monotonic() < began + 3:
        assert run.cell("1 + 1")[0]["data"]["text/plain"] == "2"
    assert run.notes == []


def test_what_forked_processes_share_is_counted_once(run):
    run.limits = MANY
    source = "import os, time\nends = [os.pipe() for _ in range(50)]\nfor _ in range(30):\n    if os.fork() == 0:\n"
    run.cell(source + "        time.sleep(3)\n        os._exit(0)\ntime.sleep(1)")
    assert run.notes == []


def test_connections_in_several_processes_are_counted_together(run):
    run.limits = MANY
    source = (
        "import os, time\nfor _ in range(30):\n    if os.fork() == 0:\n        ends = [os.pipe() for _ in range(80)]\n"
    )
    outputs = run.cell(source + "        time.sleep(60)\ntime.sleep(60)")
    assert "it had more than 2000 connections open" in outputs[-1]["text"]

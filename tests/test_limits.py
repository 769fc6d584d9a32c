"""The limits of a course: their names, their values, and which one an exception is about."""

import subprocess
import sys

import pytest
from traitlets.config import Config

from autograder.errors import UsageError
from autograder.sandbox.limits import Limits


def config(**limits):
    config = Config()
    config.Limits.update(limits)
    return config


def test_a_course_without_limits_of_its_own_has_the_defaults():
    assert Limits.of(Config()) == Limits()
    assert Limits.of({}) == Limits()


def test_a_course_changes_one_and_keeps_the_others():
    assert Limits.of(config(cell_seconds=60)) == Limits(cell_seconds=60)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"cell_second": 3}, "c.Limits: expected one of cell_seconds, .*got 'cell_second'"),
        ({"cell_seconds": "60"}, "c.Limits.cell_seconds: expected a number greater than 0, got '60'"),
        ({"cell_seconds": 0}, "greater than 0, got 0"),
        ({"processes": 2.5}, "c.Limits.processes: expected a whole number greater than 0, got 2.5"),
        ({"processes": True}, "got True"),
    ],
)
def test_an_invalid_limit_is_refused_in_one_line(limits, message):
    with pytest.raises(UsageError, match=message):
        Limits.of(config(**limits))


@pytest.mark.parametrize(
    ("kind", "message", "hint"),
    [
        ("MemoryError", "", "4 GiB of memory"),
        ("_ArrayMemoryError", "Unable to allocate 30.0 GiB", "4 GiB of memory"),
        ("OSError", "[Errno 28] No space left on device", "256 MiB may be written"),
        ("OSError", "[Errno 27] File too large", "64 MiB may be written into one file"),
        ("BlockingIOError", "[Errno 11] Resource temporarily unavailable", "256 processes and threads"),
        ("RuntimeError", "can't start new thread", "256 processes and threads"),
    ],
)
def test_an_exception_about_a_limit_gets_a_hint(kind, message, hint):
    assert hint in Limits().explain(kind, message)


@pytest.mark.parametrize(("kind", "message"), [("ValueError", "no"), ("OSError", "[Errno 2] No such file"), ("", "")])
def test_other_exceptions_get_no_hint(kind, message):
    assert Limits().explain(kind, message) == ""


TRY = """
import os, resource, tempfile
resource.setrlimit(resource.RLIMIT_NOFILE, (500, 500))
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits
with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o755)
    with Kernel(folder, Limits()) as first, Kernel(folder, Limits()) as second:
        code = "import resource; resource.getrlimit(resource.RLIMIT_NOFILE)[1]"
        print([kernel.run_cell(code)[0]["data"]["text/plain"] for kernel in (first, second)])
"""


def test_a_grader_whose_own_limit_is_lower_can_start_kernels(bwrap):
    completed = subprocess.run([sys.executable, "-c", TRY], capture_output=True, encoding="utf-8", check=False)
    assert completed.stdout == "['500', '500']\n", completed.stderr

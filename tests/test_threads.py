"""How many threads matrix products use once the package is imported."""

import json
import os
import subprocess
import sys

import pytest

from chainrule.threads import VARIABLES

# A machine with two cores, whatever this one has: two threads are set before the package is imported.
TWO = "import numpy, os, threadpoolctl\nthreadpoolctl.threadpool_limits(2)\n"
SHOW = """
def show():
    print([each["num_threads"] for each in threadpoolctl.threadpool_info()], flush=True)
"""


def threads(code, **variables):
    """Return what a new process prints: one list for each call of show()."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    completed = subprocess.run(
        [sys.executable, "-W", "error", "-c", TWO + SHOW + code],
        env=environment | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert completed.returncode == 0, completed.stderr[-2000:]
    return [json.loads(line) for line in completed.stdout.splitlines()]


def test_without_the_package_there_are_two_threads():
    """Otherwise the tests below could not fail."""
    assert threads("show()") == [[2]]


@pytest.mark.parametrize("load", ["import chainrule", "from chainrule import data", "import chainrule.conv"])
def test_with_the_package_numpy_uses_one_thread(load):
    assert threads(f"{load}\nshow()") == [[1]]


def test_libraries_imported_before_and_after_use_one_thread():
    """scipy has a BLAS of its own, scikit-learn an OpenMP."""
    late = "import chainrule\nimport scipy.linalg, sklearn.cluster\nshow()"
    early = "import scipy.linalg, sklearn.cluster\nthreadpoolctl.threadpool_limits(2)\nshow()\nimport chainrule\nshow()"
    (counts,) = threads(late)
    assert set(counts) == {1}
    before, after = threads(early)
    assert set(before) == {2}
    assert set(after) == {1}


def test_child_processes_use_one_thread():
    child = "    numpy.ones((300, 300)) @ numpy.eye(300)\n    show()\n    os._exit(0)\n"
    fork = f"import chainrule\nif os.fork() == 0:\n{child}"
    new = (
        "os.wait()\nimport subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import numpy, threadpoolctl\\n"
        'print([each["num_threads"] for each in threadpoolctl.threadpool_info()])\'], check=True)'
    )
    assert threads(fork + new) == [[1], [1]]


@pytest.mark.parametrize("name", VARIABLES)
def test_a_set_variable_is_respected(name):
    print_variables = (
        f"print([int(os.environ[{name!r}]), sum(each in os.environ for each in chainrule.threads.VARIABLES)])"
    )
    code = f"import chainrule.threads\nshow()\n{print_variables}"
    assert threads(code, **{name: "2"}) == [[2], [2, 1]]


def test_an_empty_variable_is_ignored():
    assert threads("import chainrule\nshow()", OMP_NUM_THREADS="") == [[1]]


def test_more_threads_stay_once_they_are_set():
    code = "import chainrule\nthreadpoolctl.threadpool_limits(2)\nimport importlib\n"
    reload = "import chainrule.conv\nimportlib.reload(chainrule)\nshow()"
    assert threads(code + reload) == [[2]]


def test_the_package_is_imported_without_threadpoolctl():
    code = "import sys\nreal = sys.modules['threadpoolctl']\nsys.modules['threadpoolctl'] = None\nimport chainrule\n"
    print_variable = "sys.modules['threadpoolctl'] = real\nprint([int(os.environ['OPENBLAS_NUM_THREADS'])])"
    assert threads(code + print_variable) == [[1]]

import os
import pickle
import subprocess
import sys

import numpy as np
import portability
import pytest

from chainrule.judging.compare import same

PRODUCTS = """
import sys
import numpy as np
rng = np.random.default_rng(0)
for kind in (np.float32, np.float64):
    a, b = rng.normal(size=(50, 60)).astype(kind), rng.normal(size=(60, 70)).astype(kind)
    for left, right in ((a, b), (b.T, a.T), (a, b[:, 0]), (b[:, 0], a.T), (np.rint(a), np.rint(b))):
        assert np.array_equal(left @ right, left @ right)
        sys.stdout.buffer.write((left @ right).astype(float).tobytes())
"""


def test_the_kernels_that_run_here_are_found_by_trying():
    found = portability.machines()
    assert set(found) <= {*portability.KERNELS, "NumPy's dispatch cut down"}
    assert portability.plainest() in [{}, *found.values()]
    assert all(portability.runs(settings) for settings in found.values())


def test_a_process_that_ends_is_a_kernel_that_does_not_run(monkeypatch):
    monkeypatch.setattr(portability, "PROBE", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert not portability.runs({})


def test_what_fails_is_said_and_fails(monkeypatch, capsys):
    monkeypatch.setattr(portability, "machines", lambda: {"Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"}})
    show = "import os, sys; print(os.environ['OPENBLAS_CORETYPE']); sys.exit('FAIL' in sys.argv)"
    monkeypatch.setattr(portability, "noises", lambda folder: {})
    monkeypatch.setattr(portability, "RELEASES", ["-c", show])
    monkeypatch.setattr(portability, "NOTEBOOKS", ["-c", show])
    assert portability.main(["a.ipynb"]) == 0
    assert portability.main(["FAIL"]) == 1
    shown = capsys.readouterr().out
    assert "Nehalem: a " in shown
    assert "FAILED" in shown
    assert "Haswell" in shown
    assert "cannot be moved here" in shown


def products(settings):
    done = subprocess.run([sys.executable, "-c", PRODUCTS], env=os.environ | settings, capture_output=True, check=True)
    return np.frombuffer(done.stdout)


def test_noise_moves_last_bits_alike_each_time_and_leaves_whole_numbers(tmp_path):
    noises = portability.noises(tmp_path)
    if not noises:
        pytest.skip("expected Linux, gcc and the OpenBLAS of NumPy's wheels")
    plain, (one, two, _) = products({}), [products(settings) for settings in noises.values()]
    single, double = np.split(np.arange(plain.size), 2)
    for ours, eps in ((single, 2.0**-23), (double, 2.0**-52)):
        for other in (one, two):
            assert 0.2 < np.mean(plain[ours] != other[ours]) < 0.5  # a fifth of the products are of whole numbers
        assert np.mean(one[ours] != two[ours]) > 0.2
        assert np.all(abs(plain - one)[ours] <= eps * abs(plain[ours]))
    whole = plain == np.rint(plain)
    assert whole.sum() >= 7000
    assert np.array_equal(plain[whole], one[whole])


MOVED = 0.05  # of a check's tolerance: what a right answer may move from one kernel to another
EXAMS = """
import pickle, sys
from autograder.tasks.catalog import TASKS
from autograder.tasks.spec import exam_of
checks = {(t.name, c.name): c for t in TASKS for c in exam_of(t, 20).checks if c.kind == "values"}
found = {key: (c.rtol, c.atol, [dict(case.expected) for case in c.cases]) for key, c in checks.items()}
pickle.dump(found, sys.stdout.buffer)
"""


def right_answers(settings):
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", EXAMS], env=os.environ | settings, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-1000:]
    return pickle.loads(done.stdout)


def moved_far(here, there):
    """The outputs that differ by more than MOVED of their check's tolerance."""
    return [
        (*key, name)
        for key, (rtol, atol, cases) in here.items()
        for case, other in zip(cases, there[key][2], strict=True)
        for name, value in case.items()
        if not same(other[name], value, MOVED * rtol, MOVED * atol)
    ]


@pytest.mark.slow
def test_right_answers_hardly_move_from_kernel_to_kernel():
    machines = portability.machines()
    plainest = portability.plainest() | machines.get("NumPy's dispatch cut down", {})
    finer = machines.get("Haswell", machines.get("NEOVERSEN1"))
    if finer is None:
        pytest.skip("one kernel runs here")
    assert moved_far(right_answers(plainest), right_answers(finer)) == []

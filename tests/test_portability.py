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


def test_the_kernels_that_run_here_are_detected():
    machines = portability.machines()
    assert set(machines) <= {*portability.KERNELS, "NumPy's dispatch cut down"}
    assert portability.plainest() in [{}, *machines.values()]
    assert all(portability.runs_here(settings) for settings in machines.values())


def test_a_crashing_process_means_a_kernel_that_does_not_run(monkeypatch):
    monkeypatch.setattr(portability, "PROBE", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert not portability.runs_here({})


def test_a_failing_run_is_reported_and_fails(monkeypatch, capsys):
    monkeypatch.setattr(portability, "machines", lambda: {"Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"}})
    show = "import os, sys; print(os.environ['OPENBLAS_CORETYPE']); sys.exit('FAIL' in sys.argv)"
    monkeypatch.setattr(portability, "noises", lambda folder: {})
    monkeypatch.setattr(portability, "RELEASES", ["-c", show])
    monkeypatch.setattr(portability, "NOTEBOOKS", ["-c", show])
    assert portability.main(["a.ipynb"]) == 0
    assert portability.main(["FAIL"]) == 1
    output = capsys.readouterr().out
    assert "Nehalem: a " in output
    assert "FAILED" in output
    assert "Haswell" in output
    assert "cannot be moved here" in output


def products(settings):
    completed = subprocess.run(
        [sys.executable, "-c", PRODUCTS], env=os.environ | settings, capture_output=True, check=True
    )
    return np.frombuffer(completed.stdout)


def test_noise_changes_last_bits_reproducibly_and_leaves_integers(tmp_path):
    noises = portability.noises(tmp_path)
    if not noises:
        pytest.skip("expected Linux, gcc and the OpenBLAS of NumPy's wheels")
    plain, (first, second, _) = products({}), [products(settings) for settings in noises.values()]
    single, double = np.split(np.arange(plain.size), 2)
    for half, eps in ((single, 2.0**-23), (double, 2.0**-52)):
        for other in (first, second):
            assert 0.2 < np.mean(plain[half] != other[half]) < 0.5  # a fifth of the products are of whole numbers
        assert np.mean(first[half] != second[half]) > 0.2
        assert np.all(abs(plain - first)[half] <= eps * abs(plain[half]))
    integral = plain == np.rint(plain)
    assert integral.sum() >= 7000
    assert np.array_equal(plain[integral], first[integral])


MAX_MOVE = 0.05  # of a check's tolerance: how far a correct answer may differ from one kernel to another
EXAMS = """
import pickle, sys
from autograder.tasks.catalog import TASKS
from autograder.tasks.spec import exam_of
checks = {(t.name, c.name): c for t in TASKS for c in exam_of(t, 20).checks if c.kind == "values"}
found = {key: (c.rtol, c.atol, [dict(case.expected) for case in c.cases]) for key, c in checks.items()}
pickle.dump(found, sys.stdout.buffer)
"""


def expected_outputs(settings):
    completed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EXAMS], env=os.environ | settings, capture_output=True
    )
    assert completed.returncode == 0, completed.stderr.decode()[-1000:]
    return pickle.loads(completed.stdout)


def outputs_moved_far(expected, computed):
    """Return the outputs that differ by more than MAX_MOVE of their check's tolerance."""
    return [
        (*key, name)
        for key, (rtol, atol, cases) in expected.items()
        for case, other in zip(cases, computed[key][2], strict=True)
        for name, value in case.items()
        if not same(other[name], value, MAX_MOVE * rtol, MAX_MOVE * atol)
    ]


@pytest.mark.slow
def test_correct_answers_hardly_differ_between_kernels():
    machines = portability.machines()
    plainest = portability.plainest() | machines.get("NumPy's dispatch cut down", {})
    finer = machines.get("Haswell", machines.get("NEOVERSEN1"))
    if finer is None:
        pytest.skip("one kernel runs here")
    assert outputs_moved_far(expected_outputs(plainest), expected_outputs(finer)) == []

"""The answer key: the exams of the visible checks, with inputs drawn from one fixed seed.

`write_key` makes the same bytes on every machine: a separate process computes the exams with the most basic kernels of
OpenBLAS and NumPy (`portable_environment`), and rounds the numbers far more finely than the checks compare.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from autograder.errors import GradingError
from autograder.tasks import catalog
from autograder.tasks.catalog import of_assignment, task_named
from autograder.tasks.spec import exam_of
from chainrule.judging.compare import largest_entry, same
from chainrule.judging.exam import Case, load_exams, save_exams

__all__ = [
    "VISIBLE_SEED",
    "round_exam",
    "portable_environment",
    "save_key",
    "equivalent_keys",
    "visible_exams",
    "write_key",
]

VISIBLE_SEED = 20
GRID = 1e-3  # of a check's tolerance
EQUIVALENT = 0.1  # of a check's tolerance: float32 kernels may differ by so much
INPUT_RTOL = 1e-12  # of the largest entry of an input array


class _Exams(Mapping):
    """{task name: Exam} for all tasks, each computed at its first use."""

    def __getitem__(self, name):
        return _exam(name)

    def __contains__(self, name):
        return any(task.name == name for task in catalog.TASKS)

    def __iter__(self):
        return (task.name for task in catalog.TASKS)

    def __len__(self):
        return len(catalog.TASKS)


@cache
def _exam(name):
    return exam_of(task_named(name), VISIBLE_SEED)


def visible_exams():
    """Return {task name: Exam} for all tasks."""
    return _Exams()


def portable_environment():
    """Return os.environ with settings for OpenBLAS and NumPy: one thread, and only what every such processor can do."""
    env = {name: value for name, value in os.environ.items() if name != "NPY_ENABLE_CPU_FEATURES"}
    extensions = np.show_config("dicts")["SIMD Extensions"]["found"]
    return env | {
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "1",
        "NPY_DISABLE_CPU_FEATURES": " ".join([*env.get("NPY_DISABLE_CPU_FEATURES", "").split(), *extensions]),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


def write_key(path, assignment, old=None):
    """Write the answer key of an assignment to an .npz file. old: an earlier key, used again if it is equivalent.

    Raises GradingError with the last line of the error if the key cannot be computed.
    """
    call = "import sys; from autograder.course.answer_key import save_key; save_key(*sys.argv[1:])"
    command = [sys.executable, "-W", "ignore", "-c", call, str(path), assignment]
    process = subprocess.run(
        command, env=portable_environment(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8"
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
        raise GradingError(f"release: expected the answer key of {assignment} to be made, got {last}")
    if old and equivalent_keys(old, path):
        Path(path).write_bytes(Path(old).read_bytes())


def save_key(path, assignment):
    """Write an answer key with the kernels of this process; `write_key` calls it in a separate one."""
    save_exams(path, [round_exam(_exam(name)) for name in of_assignment(assignment)])


def round_exam(exam):
    """Return the exam with its numbers rounded, so that sums that differ in their last bits become equal."""
    checks = [replace(c, cases=tuple(_round_case(case, c) for case in c.cases)) for c in exam.checks]
    return replace(exam, checks=tuple(checks))


def _round_case(case, check):
    def rounded(array, scale):
        return _round(array, scale * check.rtol or check.atol)  # a check may have an atol only

    expected = {name: rounded(array, largest_entry(array)) for name, array in case.expected.items()}
    mistakes = {
        wrong: {name: rounded(a, max(largest_entry(a), largest_entry(expected[name]))) for name, a in outputs.items()}
        for wrong, outputs in case.mistakes.items()
    }
    return replace(case, expected=expected, mistakes=mistakes)


def _round(array, tolerance):
    """Round to multiples of a power of two near GRID * tolerance. The factor 1.37 keeps 1, 2, 4... off its borders."""
    array = np.asarray(array)
    step = np.ldexp(1.0, np.frexp(1.37 * GRID * tolerance)[1]) if 0 < tolerance < np.inf else 0.0
    if array.dtype != np.float64 or step < np.finfo(float).tiny:
        return array
    with np.errstate(over="ignore"):
        return np.where(np.isfinite(array), np.round(array / step) * step + 0.0, array)


def equivalent_keys(old, new):
    """True if two answer keys ask the same and their answers differ by at most EQUIVALENT of the tolerance."""
    try:
        before = load_exams(old)
    except Exception:  # missing, damaged, or of another version
        return False
    after = load_exams(new)
    return before.keys() == after.keys() and all(_equivalent_exams(before[name], after[name]) for name in after)


def _equivalent_exams(a, b):
    bare = [replace(exam, checks=tuple(replace(check, cases=()) for check in exam.checks)) for exam in (a, b)]
    pairs = zip(a.checks, b.checks, strict=True)
    return bare[0] == bare[1] and all(
        _close(x.cases, y.cases, EQUIVALENT * x.rtol, EQUIVALENT * x.atol) for x, y in pairs
    )


def _close(a, b, rtol, atol):
    """True if cases, or parts of them, differ by at most these tolerances, and their inputs by at most INPUT_RTOL."""
    if isinstance(a, Case):
        same_inputs = _close((a.call, a.inputs, a.layout), (b.call, b.inputs, b.layout), INPUT_RTOL, 0.0)
        return same_inputs and _close((a.expected, a.mistakes), (b.expected, b.mistakes), rtol, atol)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_close(a[key], b[key], rtol, atol) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_close(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and same(b, a, rtol, atol)
    return type(a) is type(b) and bool(a == b)

"""The answer key: the exams of the visible checks, with inputs drawn from one fixed seed.

`write_key` makes the same bytes on every machine: the exams are worked out in a process of their own with the plainest
kernels of OpenBLAS and NumPy (`portable_environment`), and their numbers stand on a grid far finer than the checks see.
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
KEPT = 0.1  # of a check's tolerance: what the kernels for float32 leave open
INPUTS = 1e-12  # of the largest entry of an array that goes in


class _Exams(Mapping):
    """{task name: Exam} for all tasks, each made when it is asked for."""

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
    """os.environ with what lets OpenBLAS and NumPy compute as every processor of this kind can, in one thread."""
    env = {name: value for name, value in os.environ.items() if name != "NPY_ENABLE_CPU_FEATURES"}
    cut = np.show_config("dicts")["SIMD Extensions"]["found"]
    return env | {
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "1",
        "NPY_DISABLE_CPU_FEATURES": " ".join([*env.get("NPY_DISABLE_CPU_FEATURES", "").split(), *cut]),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


def write_key(path, assignment, old=None):
    """Write the answer key of an assignment to an .npz file. old: a key that is kept where it says the same."""
    call = "import sys; from autograder.course.answer_key import save_key; save_key(*sys.argv[1:])"
    command = [sys.executable, "-W", "ignore", "-c", call, str(path), assignment]
    done = subprocess.run(
        command, env=portable_environment(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise GradingError(f"release: expected the answer key of {assignment} to be made, got {last}")
    if old and equivalent_keys(old, path):
        Path(path).write_bytes(Path(old).read_bytes())


def save_key(path, assignment):
    """What `write_key` does in a process of its own: the kernels of this one are used."""
    save_exams(path, [round_exam(_exam(name)) for name in of_assignment(assignment)])


def round_exam(exam):
    """The same exam, its numbers rounded: sums that are equal but for their last bits are equal."""
    checks = [replace(c, cases=tuple(_case_on_grid(case, c) for case in c.cases)) for c in exam.checks]
    return replace(exam, checks=tuple(checks))


def _case_on_grid(case, check):
    def rounded(array, scale):
        return _rounded(array, scale * check.rtol or check.atol)  # a check may hold numbers to the same atol all over

    expected = {name: rounded(array, largest_entry(array)) for name, array in case.expected.items()}
    mistakes = {
        wrong: {name: rounded(a, max(largest_entry(a), largest_entry(expected[name]))) for name, a in outputs.items()}
        for wrong, outputs in case.mistakes.items()
    }
    return replace(case, expected=expected, mistakes=mistakes)


def _rounded(array, tolerance):
    """Multiples of a power of two, about GRID of the tolerance; an odd factor keeps sizes such as 1 off its borders."""
    array = np.asarray(array)
    step = np.ldexp(1.0, np.frexp(1.37 * GRID * tolerance)[1]) if 0 < tolerance < np.inf else 0.0
    if array.dtype != np.float64 or step < np.finfo(float).tiny:
        return array
    with np.errstate(over="ignore"):
        return np.where(np.isfinite(array), np.round(array / step) * step + 0.0, array)


def equivalent_keys(old, new):
    """True if two answer keys ask the same, and answers are no further apart than KEPT of the tolerance."""
    try:
        before = load_exams(old)
    except Exception:  # missing, damaged, or of another version
        return False
    after = load_exams(new)
    return before.keys() == after.keys() and all(_alike_exams(before[name], after[name]) for name in after)


def _alike_exams(a, b):
    bare = [replace(exam, checks=tuple(replace(check, cases=()) for check in exam.checks)) for exam in (a, b)]
    pairs = zip(a.checks, b.checks, strict=True)
    return bare[0] == bare[1] and all(_alike(x.cases, y.cases, KEPT * x.rtol, KEPT * x.atol) for x, y in pairs)


def _alike(a, b, rtol, atol):
    """Cases, or parts of them, that differ by no more than this; what goes in, by far less."""
    if isinstance(a, Case):
        same_in = _alike((a.call, a.inputs, a.layout), (b.call, b.inputs, b.layout), INPUTS, 0.0)
        return same_in and _alike((a.expected, a.mistakes), (b.expected, b.mistakes), rtol, atol)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_alike(a[key], b[key], rtol, atol) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_alike(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and same(b, a, rtol, atol)
    return type(a) is type(b) and bool(a == b)

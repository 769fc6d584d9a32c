"""A correct answer that violates one kind of strictness loses the points of that kind, and no more."""

import copy
import functools
import inspect
import sys
import tracemalloc

import numpy as np
import pytest
from mutants.answers import names_of

from autograder.errors import SpecError
from autograder.tasks.catalog import TASKS, task_named
from autograder.tasks.spec import CheckSpec, Task, exam_of, growth, untouched, values
from autograder.tasks.strictness import SHARES, apply_strictness
from chainrule import layers
from chainrule.check import case_runner
from chainrule.judging.verdict import judge

SEED = 7
OWN = ("self", "cache", "config", "bn_param", "gn_param", "ln_param", "dropout_param", "rng", "model")


def kinds_checked(task):
    """Return the kinds of strictness that a task checks."""
    return {kind for check in task.checks for kind in check.costs}


def per_task_with(kind):
    tasks = [task for task in TASKS if kind in kinds_checked(task)]
    return pytest.mark.parametrize("task", tasks, ids=lambda task: task.name)


def score_of(task, wrapper):
    """The score of the reference with a wrapper around the task's function."""
    function = functools.reduce(getattr, task.name.split("."), task.module)
    return judge(exam_of(task, SEED), case_runner(names_of(task, wrapper(function))), SEED).score


def cost(task, *kinds):
    return sum(SHARES[kind] for kind in kinds) * task.points


def contains_only_arrays(value):
    """Return whether a value is a list, tuple or dict of arrays only; a call may change dicts of settings."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return len(parts) > 0 and all(isinstance(part, np.ndarray) for part in parts)


def arrays_in(value):
    if contains_only_arrays(value):
        return list(value.values() if isinstance(value, dict) else value)
    return [value] if isinstance(value, np.ndarray) else []


def copy_arrays(value):
    return copy.deepcopy(value) if contains_only_arrays(value) or isinstance(value, np.ndarray) else value


def changing_its_inputs(function):
    """Return the function, changed to add 1 to every input array; arrays in a cache or a config are left alone."""
    signature = inspect.signature(function)

    def changing(*args, **kwargs):
        arguments = signature.bind(*args, **kwargs).arguments
        inputs = {name: copy_arrays(value) for name, value in arguments.items() if name not in OWN}
        result = function(**arguments | inputs)
        for array in (array for name in inputs for array in arrays_in(arguments[name])):
            np.add(array, 1, out=array, casting="unsafe")
        return result

    return changing


def in_double_precision(function):
    def widened(*args, **kwargs):
        return wide(function(*args, **kwargs))

    return widened


def wide(value):
    if isinstance(value, np.ndarray | np.floating) and value.dtype == np.float32:
        return value.astype(np.float64)
    if type(value) in (tuple, list):
        return type(value)(wide(part) if isinstance(part, np.ndarray | dict | list) else part for part in value)
    return {name: wide(part) for name, part in value.items()} if isinstance(value, dict) else value


def slow(function):
    def looped(*args, **kwargs):
        total = sum(np.size(array) for array in (*args, *kwargs.values()) if isinstance(array, np.ndarray))
        for _ in range(total):
            pass
        return function(*args, **kwargs)

    return looped


def hungry(function):
    def wasteful(*args, **kwargs):
        np.zeros(20_000_000)
        return function(*args, **kwargs)

    return wasteful


@per_task_with("inputs")
def test_inputs_that_are_changed_cost_their_share(task):
    assert score_of(task, changing_its_inputs) == pytest.approx(task.points - cost(task, "inputs"))


@per_task_with("dtype")
def test_float64_for_float32_costs_its_share(task):
    assert score_of(task, in_double_precision) == pytest.approx(task.points - cost(task, "dtype"))


@per_task_with("loops")
def test_slow_but_right_costs_its_share(task):
    assert score_of(task, slow) == pytest.approx(task.points - cost(task, "loops"))


@per_task_with("memory")
def test_large_but_right_costs_its_share(task):
    assert score_of(task, hungry) == pytest.approx(task.points - cost(task, "memory"))


def all_nan(array):
    return np.full_like(array, np.nan, array.dtype if array.dtype.kind == "f" else float)


@per_task_with("extremes")
def test_nan_at_extremes_costs_its_share(task):
    ask, exam = case_runner(names_of(task)), exam_of(task, SEED)
    extreme = {id(case): check.kinds for check in exam.checks for case in check.cases if "extremes" in check.costs}

    def overflowing(case, measured):
        kinds = extreme.get(id(case), {})
        answer = ask(case, measured)
        return {n: all_nan(v) if kinds.get(n) == "extremes" else v for n, v in answer.items()}

    assert judge(exam, overflowing, SEED).score == pytest.approx(task.points - cost(task, "extremes"))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_all_kinds_of_strictness_cost_at_most_half_of_the_points(task):
    assert cost(task, *kinds_checked(task)) <= task.points / 2


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_check_earns_something_and_all_add_up(task):
    assert all(check.points >= 0.05 for check in task.checks)
    assert sum(check.points for check in task.checks) == pytest.approx(task.points, abs=1e-9)
    for kind in kinds_checked(task):
        assert sum(check.costs.get(kind, 0) for check in task.checks) == pytest.approx(cost(task, kind), abs=0.002)


# The judge's account, on a task made for it.


def toy(*checks):
    call = "out, cache = relu_forward(x)"
    return Task("relu_forward", layers, "assignment3", "toy", call, lambda rng: {"x": rng.normal(size=5)}, checks, ())


def verdict_on(task, function):
    return judge(exam_of(task, SEED), case_runner({"np": np, "relu_forward": function}), SEED)


STRICT = values(
    *("float32 kept, x unchanged", 1, "out", "float32_kept", "x"),
    call="out, cache = relu_forward(x)\nfloat32_kept = out.dtype == np.float32",
    draw=lambda rng: {"x": rng.normal(size=5).astype(np.float32)},
)
TASK = toy(values("values", 1, "out"), STRICT)


def relu(x):
    return np.maximum(0, x), x


def test_written_points_are_divided_anew():
    assert [check.points for check in TASK.checks] == [1.6, 0.4]
    assert TASK.checks[1].costs == {"dtype": 0.2, "inputs": 0.2}


def in_place(x):
    x *= x > 0
    return x, x


def in_place_and_wide(x):
    x *= x > 0
    return x.astype(float), x


@pytest.mark.parametrize(
    ("function", "score", "word"), [(relu, 2, "right"), (in_place, 1.8, "in part"), (in_place_and_wide, 1.6, "wrong")]
)
def test_each_kind_costs_its_share(function, score, word):
    verdict = verdict_on(TASK, function)
    assert verdict.score == score
    assert verdict.outcomes[1].result == word
    assert verdict.as_dict()["checks"][1]["earned"] == pytest.approx(score - 1.6)


def test_a_wrong_value_in_a_strict_check_costs_all_of_it():
    def wrong_in_single_precision(x):
        return np.maximum(0, x) + (x.dtype == np.float32), x

    assert verdict_on(TASK, wrong_in_single_precision).score == 1.6


def test_unchanged_inputs_earn_nothing_without_a_correct_value():
    assert verdict_on(TASK, lambda x: (0 * x, x)).score == 0


def test_the_cost_of_a_kind_is_divided_among_its_checks():
    task = toy(values("values", 2, "out"), untouched(1, "x"), STRICT)
    assert [check.costs.get("inputs", 0) for check in task.checks] == [0, 0.2, 0.2]


def test_checks_without_strictness_keep_the_points_that_were_written():
    checks = (values("a", 1.5, "out"), values("b", 0.5, "out"))
    assert [check.points for check in apply_strictness(checks, "out = f(x)")] == [1.5, 0.5]


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(SpecError, match="strict: expected one of inputs, dtype, extremes, loops, memory; got 'odd'"):
        apply_strictness((CheckSpec("a", 1, ("out",), strict="odd"),), "out = f(x)")


def test_a_task_needs_a_check_of_values():
    with pytest.raises(SpecError, match="expected at least one check of values"):
        toy(untouched(1, "x"))


def test_growth_costs_the_share_of_loops():
    checks = apply_strictness((values("a", 1, "out"), growth(1, None, None)), "out = f(x)")
    assert [check.points for check in checks] == [1.6, 0.4]


# Shortcuts that are taken only where the work is counted. The other calls are right, so the values earn their points.


def is_large(arguments):
    return any(np.size(a) and len(a) >= 20 for a in arguments if isinstance(a, np.ndarray) and a.ndim)


def is_traced(arguments):
    return sys.gettrace() is not None or getattr(sys, "monitoring", None) is not None and sys.monitoring.get_tool(4)


SHORTCUTS = {
    "large inputs": is_large,
    "while steps are counted": is_traced,
    "arrays of another class": lambda arguments: any(type(a) not in (np.ndarray, int, float) for a in arguments),
    "while memory is traced": lambda arguments: tracemalloc.is_tracing(),
}


def zeros_like(value):
    if isinstance(value, tuple):
        return tuple(map(zeros_like, value))
    return np.zeros_like(value) if isinstance(value, np.ndarray | np.floating | float) else value


LOSS, DISTANCES = "softmax_loss_vectorized", "KNearestNeighbor.compute_distances_no_loops"
TAKEN = [(LOSS, s, "loops") for s in list(SHORTCUTS)[:3]] + [(DISTANCES, s, "loops") for s in list(SHORTCUTS)[:2]]


@pytest.mark.parametrize(("name", "shortcut", "kind"), [*TAKEN, (DISTANCES, "while memory is traced", "memory")])
def test_a_shortcut_in_the_measured_call_earns_nothing_for_the_work(name, shortcut, kind):
    task = task_named(name)

    def wrapper(function):
        def short(*args, **kwargs):
            result = function(*args, **kwargs)
            return zeros_like(result) if SHORTCUTS[shortcut](args) else result

        return short

    assert score_of(task, wrapper) <= task.points - cost(task, kind) + 1e-9

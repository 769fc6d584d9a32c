"""Gradients found by finite differences earn nothing, and nobody who derives is taken for one who does not."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from differencing import METHODS, differenced, gradients_of
from mutants.answers import defines, names_of, variants_of

from autograder.tasks.catalog import TASKS, task_named
from autograder.tasks.spec import exam_of
from chainrule.check import case_runner
from chainrule.judging import differences
from chainrule.judging.compare import largest_entry
from chainrule.judging.derive import derive
from chainrule.judging.displaced import displaced
from chainrule.judging.verdict import judge

BY_HAND = Path(__file__).parent / "differenced"
SOLUTIONS = {path.stem: runpy.run_path(str(path)) for path in sorted(BY_HAND.glob("*.py"))}
GRADIENTS = [task for task in TASKS if gradients_of(task)]
HAND_WRITTEN = [
    (stem, task.name) for stem, names in SOLUTIONS.items() for task in GRADIENTS if defines(names, task.name)
]
# Their slopes go into an attribute of a child, or into an image: tests/differenced has some that difference.
TASKS_BY_RULE = [t for t in GRADIENTS if not t.name.startswith("Value.") and "direction" not in gradients_of(t)]
OTHERS = [method for method in METHODS if method != "central"]


def name_of(value):
    return getattr(value, "name", value)


def distance(got, expected):
    return np.max(np.abs(got - expected)) / (largest_entry(expected) or 1.0)


def verdict_on(task, names, seed=1, exam=None):
    np.random.seed(0)
    return judge(exam or exam_of(task, seed), case_runner(names), seed)


def one_case(task, output):
    """The exam of a task with one case of the check that compares this gradient with a numerical one."""
    exam = exam_of(task, 1)
    check = next(check for check in exam.checks if output in check.gradients)
    return replace(exam, checks=(replace(check, cases=check.cases[:1]),))


def numbered(tasks):
    """Yield (task, method, output): each method in turn on one of the outputs, and the usual one on the first."""
    for number, task in enumerate(tasks):
        outputs = list(gradients_of(task))
        yield task, "central", outputs[0]
        yield task, OTHERS[number % len(OTHERS)], outputs[number % len(outputs)]


@pytest.mark.parametrize(("task", "method", "output"), [*numbered(TASKS_BY_RULE)], ids=name_of)
def test_no_differenced_gradient_earns_points(task, method, output):
    verdict = verdict_on(task, differenced(task, method, [output]), exam=one_case(task, output))
    assert verdict.score == 0, str(verdict)


@pytest.mark.parametrize("seed", [1, 20])  # 20: all hidden units of one row are off, so scores are the bias
@pytest.mark.parametrize("task", GRADIENTS, ids=name_of)
def test_right_answers_show_no_sign(task, seed):
    """One entry is moved at most, where half are a sign; the error is a tenth of what asks for more, or less."""
    checks = {check.cases[0].call: check for check in exam_of(task, seed).checks if check.gradients}
    variables = {variable for _, variable in gradients_of(task).values()}
    for stem, names in ({"the reference": names_of(task)} | variants_of(task)).items():
        for check in checks.values():
            case, given = check.cases[0], [name for name in variables if name in check.cases[0].inputs]
            np.random.seed(0)
            counts = displaced(case.call, case.inputs, given, names)
            assert np.all(counts[:, 1:] <= np.minimum(1, counts[:, :1] - 1)), stem
            outputs = derive(case, case_runner(names)(case, False))
            if all(np.asarray(case.inputs[name]).dtype == np.float64 for name in given):
                errors = [distance(outputs[name], case.expected[name]) for name in check.gradients]
                assert max(errors) < differences.LOST_DIGITS / 10, stem


@pytest.mark.parametrize(("stem", "name"), HAND_WRITTEN)
def test_no_gradient_differenced_by_hand_earns_points(stem, name):
    task = task_named(name)
    verdict = verdict_on(task, {**names_of(task), **SOLUTIONS[stem]})
    of_gradients = {c.name for c in task.checks if c.kind == "values" and set(c.outputs) & set(gradients_of(task))}
    assert {o.name for o in verdict.outcomes if o.earned} == {o.name for o in verdict.outcomes} - of_gradients
    assert any("finite differences" in o.message for o in verdict.outcomes)

"""Nothing is earned by answers that nobody worked out: those of the visible key, constants, inputs handed back."""

from functools import cache

import numpy as np
import pytest
from forgers import CONSTANTS, SEEDS, constant, constant_outputs, exam, from_key, guessable, trivial_functions
from mutants.answers import names_of

from autograder.course.answer_key import VISIBLE_SEED
from autograder.tasks.catalog import TASKS, of_assignment
from chainrule.check import case_runner
from chainrule.judging import runner
from chainrule.judging.derive import derive
from chainrule.judging.verdict import NO_VALUE, judge

ASSIGNMENTS = sorted({task.assignment for task in TASKS})
# What is handed back there is the right answer.
RIGHT = {"add_gate_backward": "the derivative of a sum is 1: dx and dy are dout"}
# What cannot be seen outside the student's process: errors, warnings, which object it is, attributes of objects.
ONLY_INSIDE = {
    *("refused", "error_raised", "second_call_fails", "no_warning"),
    *("linked", "same_dict", "shared", "own_dicts"),
    *("named", "same_kind", "dtypes_kept", "kept", "backwards"),
    *("tested", "trained", "through_norms"),
}
per_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)


def unproved(task):
    return {check.name for check in task.checks if check.kind == "values" and not check.proves}


@cache
def constants_of(task):
    """The checks whose outputs are all the same with every seed."""
    found = constant_outputs(task)
    checks = {check.name: check for check in exam(task, VISIBLE_SEED).checks}
    return {name for name, outputs in found.items() if len(outputs) == len(checks[name].cases[0].expected)}


@cache
def earned_by_trivial_functions(task):
    """{label: verdict} of those that earn something, and the checks of values they pass, whatever these prove."""
    earning, passed, visible = {}, set(), exam(task, VISIBLE_SEED)
    for label, function in trivial_functions(task).items():
        verdict = judge(visible, case_runner(names_of(task, function)))
        earning |= {label: verdict.score} if verdict.score else {}
        passed |= {outcome.name for outcome in verdict.outcomes if outcome.message == NO_VALUE}
    return earning, passed & {check.name for check in task.checks if check.kind == "values"}


@per_task
def test_a_trivial_function_earns_nothing(task):
    earning, _ = earned_by_trivial_functions(task)
    assert task.name in RIGHT or earning == {}


@per_task
def test_checks_that_can_be_guessed_prove_nothing(task):
    """And only these: what is declared not to prove is either the same for all seeds or can be guessed."""
    found = constants_of(task) | set(guessable(task))
    assert task.name in RIGHT or found <= unproved(task) <= found | earned_by_trivial_functions(task)[1]


@per_task
def test_a_task_can_be_proved(task):
    assert unproved(task) < {check.name for check in task.checks if check.kind == "values"}


@per_task
def test_right_constants_earn_nothing_without_a_right_value(task):
    """The reference answers what does not prove; everything else comes back empty."""
    hidden = exam(task, SEEDS[0])
    unproving = {id(case) for check in hidden.checks if check.name in unproved(task) for case in check.cases}
    right = case_runner(names_of(task))

    def run_case(case, measured):
        if id(case) in unproving:
            return right(case, measured)
        raise runner.BadReply("nothing came")

    verdict = judge(hidden, run_case)
    assert verdict.score == 0
    assert all(o.message == NO_VALUE for o in verdict.outcomes if o.name in unproved(task))


@pytest.mark.parametrize("seed", SEEDS[:2])
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_visible_key_earns_nothing_in_a_whole_assignment(assignment, seed):
    verdicts = [judge(exam(task, seed), from_key(task), seed) for task in of_assignment(assignment).values()]
    assert {verdict.task: verdict.score for verdict in verdicts if verdict.score} == {}


def test_the_visible_key_is_right_for_its_own_questions():
    # So that the test above cannot pass because the forger is broken.
    for name in ("svm_loss_naive", "max_norm"):
        task = of_assignment("assignment1")[name]
        assert judge(exam(task, VISIBLE_SEED), from_key(task)).score > 0


@pytest.mark.parametrize("value", CONSTANTS, ids=str)
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_constants_earn_nothing_in_a_whole_assignment(assignment, value):
    tasks = of_assignment(assignment).values()
    verdicts = [judge(exam(task, SEEDS[0]), constant(task, value), SEEDS[0]) for task in tasks]
    assert {verdict.task: verdict.score for verdict in verdicts if verdict.score} == {}


# Flags are worked out from arrays, outside the process.


@per_task
def test_flags_do_not_come_from_the_students_process(task):
    constant_in = constant_outputs(task)
    checks = [check for check in exam(task, VISIBLE_SEED).checks if check.kind == "values"]
    drawn = {name for check in checks for name in check.cases[0].expected if name not in constant_in[check.name]}
    for check in checks:
        case = check.cases[0]
        flags = {name for name in case.asked[1] if name in case.expected and case.expected[name].dtype == bool}
        assert flags <= ONLY_INSIDE | drawn | set(case.inputs), check.name


@per_task
def test_what_is_worked_out_outside_is_what_the_whole_call_says(task):
    names = names_of(task)
    for check in exam(task, SEEDS[1]).checks:
        for case in (case for case in check.cases if case.after):
            call, asked = case.asked
            np.random.seed(3)
            outputs = derive(case, runner.execute(call, case.inputs, asked, names, case.layout))
            np.random.seed(3)
            whole = runner.execute(case.call, case.inputs, list(case.expected), names, case.layout)
            assert set(outputs) == set(case.expected)
            for name in case.expected:
                np.testing.assert_array_equal(outputs[name], whole[name])

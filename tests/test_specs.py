import ast
import importlib
import json
import pkgutil
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from mutants.answers import names_of

import autograder
import chainrule
from autograder import hidden_tests
from autograder.course.answer_key import VISIBLE_SEED, equivalent_keys, visible_exams, write_key
from autograder.errors import GradingError, SpecError, UsageError
from autograder.tasks.catalog import TASKS, of_assignment, task_named
from autograder.tasks.spec import Task, exam_of, gradient, mistake, untouched, values
from chainrule import linear, neighbors, preprocessing
from chainrule.check import case_runner
from chainrule.errors import CheckFailed
from chainrule.gradcheck import check_gradient
from chainrule.judging import runner
from chainrule.judging.exam import load_exams
from chainrule.judging.verdict import judge

SEEDS = (1, 2, 3)
MEASURED = {"growth", "memory"}
ASSIGNMENTS = sorted({task.assignment for task in TASKS})
GRADIENTS = [task for task in TASKS if any(check.gradients for check in task.checks)]

per_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
exam = cache(exam_of)


def verdict_on(task, seed, function=None):
    return judge(exam(task, seed), case_runner(names_of(task, function)), seed)


# `make mutants` (tests/mutants) measures that correct answers pass and mistakes are reported.


@per_task
def test_every_edit_changes_the_reference(task):
    text = task.source()
    for wrong in task.mistakes:
        assert all(old in text and old != new for old, new in wrong.edits), wrong.name
        ast.parse(task.source_with_mistake(wrong))
        assert task.source_with_mistake(wrong) != text


@per_task
def test_mistakes_and_checks_have_unique_names(task):
    for names in ([m.name for m in task.mistakes], [c.name for c in task.checks], [m.edits for m in task.mistakes]):
        assert len(set(names)) == len(names)
    assert task.mistakes


@per_task
def test_no_message_contains_another(task):
    # Otherwise the table would say two things at once.
    messages = {m.message for m in task.mistakes}
    assert [(a, b) for a in messages for b in messages if a != b and a in b] == []


@per_task
def test_a_blank_answer_earns_nothing(task):
    def blank(*args, **kwargs):
        raise NotImplementedError

    verdict = verdict_on(task, SEEDS[0], function=blank)
    assert (verdict.score, verdict.attempted) == (0, False)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_constant_answer_earns_nothing(task):
    # A guard against checks that compare nothing. (A method that returns nothing of interest may still act.)
    for answer in (None, 0, (0, 0), "A+"):
        assert verdict_on(task, SEEDS[0], function=lambda *args, value=answer, **kwargs: value).score == 0


# Gradients.


def gradient_checks(task):
    return [(check, *pair) for check in task.checks for pair in check.gradients]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("task", GRADIENTS, ids=lambda task: task.name)
def test_gradients_of_the_reference_agree_with_numerical_ones(task, seed):
    names = dict(vars(task.module))
    for check, output, loss, variable in gradient_checks(task):
        draw = check.draw or task.draw
        draw = draw[0] if isinstance(draw, tuple) else draw
        call, inputs = check.call or task.call, draw(np.random.default_rng(seed))

        def f(value, call=call, inputs=inputs, loss=loss, variable=variable):
            return runner.execute(call, inputs | {variable: value}, [loss], names)[loss]

        analytic = runner.execute(call, inputs, [output], names)[output]
        # An error of a millionth would be seen, and kinks beside the inputs are stepped around.
        report = check_gradient(f, np.asarray(inputs[variable], dtype=float), analytic)
        assert report.verdict == "pass", f"{check.name}, {output}: {report}"


def one_entry_off(array):
    entry = np.unravel_index(np.argmax(np.abs(array)), array.shape)
    array[entry] *= 1.01
    return array


SPOILS = {"one entry off by 1 %": one_entry_off, "all times 1.001": lambda array: 1.001 * array}


def with_whole_calls(exam):
    """The exam, with nothing worked out behind a call: every output can be spoilt."""
    whole = {"head": "", "returned": {}, "after": ""}
    checks = [replace(c, cases=tuple(replace(case, **whole) for case in c.cases)) for c in exam.checks]
    return replace(exam, checks=tuple(checks))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("task", GRADIENTS, ids=lambda task: task.name)
def test_a_slightly_wrong_gradient_loses_its_check(task, spoil, seed):
    ask = case_runner(names_of(task))
    for check, output, *_ in gradient_checks(task):

        def spoilt(case, measured, output=output):
            answer = ask(case, measured)
            return answer | {output: SPOILS[spoil](answer[output].copy())} if output in answer else answer

        outcome = {o.name: o for o in judge(with_whole_calls(exam(task, seed)), spoilt, seed).outcomes}[check.name]
        assert outcome.passed is False
        assert outcome.message.startswith(f"{output} is 1.001 times the right value" if "all" in spoil else output)


@pytest.mark.parametrize("task", [t for t in GRADIENTS if "dW = " in t.call], ids=lambda task: task.name)
def test_a_loss_off_by_a_constant_fails_though_its_gradient_is_right(task):
    ask = case_runner(names_of(task))

    def shifted(case, measured):
        return {n: v + 0.5 if n in ("loss", "penalty") else v for n, v in ask(case, measured).items()}

    outcomes = {o.name: o.passed for o in judge(exam(task, 1), shifted, 1).outcomes}
    assert {outcomes[c.name] for c in task.checks if {"loss", "penalty"} & set(c.outputs)} == {False}
    assert {outcomes[check.name] for check, *_ in gradient_checks(task)} == {True}


# Exams by seed and by value.


def leaves(value):
    """Yield every key and every value inside dicts and lists."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@per_task
def test_one_seed_gives_one_exam_and_another_seed_another(task):
    def inputs(drawn_exam):
        return [leaf for check in drawn_exam.checks for case in check.cases for leaf in leaves(case.inputs)]

    def alike(a, b):
        return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))

    first = inputs(exam(task, 1))
    assert alike(first, inputs(exam_of(task, 1)))
    assert not alike(first, inputs(exam(task, 2)))


@per_task
def test_expected_outputs_are_plain_arrays(task):
    for check in exam(task, 1).checks:
        for case in check.cases:
            assert all(type(value) is np.ndarray for value in case.expected.values())
            assert case.expected
            assert set(case.mistakes) <= {m.name for m in task.mistakes}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    folder = tmp_path_factory.mktemp("key")
    for assignment in ASSIGNMENTS:
        write_key(folder / f"{assignment}.npz", assignment)
    return folder


@pytest.fixture(scope="module")
def stored(key):
    return {name: stored_exam for path in key.iterdir() for name, stored_exam in load_exams(path).items()}


def test_the_released_answer_keys_are_reproduced(root, key):
    for path in key.iterdir():
        assert equivalent_keys(root / "assignments" / path.stem / "chainrule" / "answers" / path.name, path)


def test_an_answer_key_contains_only_arrays_numbers_and_texts(key, stored):
    for path in key.iterdir():
        with np.load(path, allow_pickle=False) as file:
            assert {file[name].dtype.kind for name in file.files} <= set("biufc")
    for stored_exam in stored.values():
        values = list(leaves([vars(case) for check in stored_exam.checks for case in check.cases]))
        values += leaves([stored_exam.messages, [(c.name, c.kind, c.view) for c in stored_exam.checks]])
        assert {type(leaf) for leaf in values} <= {str, int, float, bool, type(None), np.ndarray}


@per_task
def test_an_answer_key_contains_no_line_of_a_solution(stored, task):
    stored_exam = stored[task.name]
    cases = [vars(case) for check in stored_exam.checks for case in check.cases]
    texts = "\n".join(leaf for leaf in leaves([cases, stored_exam.messages]) if isinstance(leaf, str))
    body = ast.parse(task.source()).body[0].body[1:]
    statements = [ast.unparse(node) for top in body for node in ast.walk(top) if isinstance(node, ast.stmt)]
    # Very short ones, such as `pass`, give nothing away.
    assert [text for text in statements if len(text) > 12 and text in texts] == []
    assert "def " not in texts


def test_the_key_has_the_visible_exams(stored):
    assert set(stored) == {task.name for task in TASKS}
    for name, stored_exam in stored.items():
        assert stored_exam.messages == visible_exams()[name].messages
        assert [c.name for c in stored_exam.checks] == [c.name for c in visible_exams()[name].checks]


def test_hidden_tests_are_silent_on_the_reference_and_name_the_seed_on_a_mistake():
    assert hidden_tests(preprocessing.add_bias, seed=5) is None
    assert hidden_tests(neighbors.KNearestNeighbor.predict_labels) is None
    names = {"np": np}
    exec("def add_bias(X):\n    return X + 1\n", names)
    with pytest.raises(CheckFailed, match="add_bias, seed 5: 1 was added to every entry"):
        hidden_tests(names["add_bias"], seed=5)


def test_hidden_inputs_are_not_the_visible_ones():
    assert VISIBLE_SEED not in SEEDS


# Wrong specs.


def toy(*checks, mistakes=()):
    call = "loss, dW = softmax_loss_vectorized(W, X, y, reg)"
    draw = task_named("softmax_loss_vectorized").draw
    return Task("softmax_loss_vectorized", linear, "assignment1", "softmax", call, draw, checks, mistakes)


def test_an_edit_that_does_not_apply_is_the_authors_error():
    wrong = mistake("gone", "it is gone")(("np.no_such_line", ""))
    with pytest.raises(SpecError, match="mistake gone: expected 'np.no_such_line' in the reference, not found"):
        toy(mistakes=(wrong,)).source_with_mistake(wrong)


def test_a_reference_whose_gradient_is_wrong_gives_no_exam():
    # The softmax loss has no kinks: no draw of inputs can make them agree.
    task = toy(
        gradient("dX", 1, "dW", "loss", "W", call="loss, dW = softmax_loss_vectorized(W, X, y, reg)\ndW = 2 * dW")
    )
    with pytest.raises(SpecError, match="the reference's gradient and the numerical one never agree"):
        exam_of(task, 1)


def test_an_unknown_task_is_reported_with_the_existing_ones():
    with pytest.raises(UsageError, match="expected one of .*add_bias.*; got 'nothing'"):
        task_named("nothing")
    assert issubclass(SpecError, GradingError)


def test_points_of_a_task_are_those_of_its_checks():
    task = toy(values("a", 2, "loss"), untouched(0.5, "W"))
    assert task.points == exam_of(task, 1).points == 2.5


# The course around the tasks.


@cache
def grade_cells(assignment):
    """Return {grade_id: (notebook, nbgrader's metadata)} of the source notebooks."""
    folder = importlib.resources.files("autograder").parent / "source" / assignment
    cells = {}
    for path in sorted(folder.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if (data := cell["metadata"].get("nbgrader")) and (data["grade"] or data["solution"]):
                assert data["grade_id"] not in cells
                cells[data["grade_id"]] = (path.stem, data)
    return cells


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_tasks_and_manual_questions_make_100_points(assignment):
    manual = [data["points"] for _, data in grade_cells(assignment).values() if data["grade"] and data["solution"]]
    assert sum(task.points for task in of_assignment(assignment).values()) + sum(manual) == 100


@per_task
def test_a_task_has_its_cells_in_its_notebook(task):
    cells = grade_cells(task.assignment)
    assert cells[task.solution_id][0] == cells[task.test_id][0] == task.notebook
    assert cells[task.test_id][1]["points"] == task.points


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_test_cell_has_a_task(assignment):
    tests = {name for name, (_, data) in grade_cells(assignment).items() if data["grade"] and not data["solution"]}
    assert tests == {task.test_id for task in of_assignment(assignment).values()}


@pytest.mark.parametrize(
    "module",
    [
        m.name
        for package in (chainrule, autograder)
        for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    + ["chainrule", "autograder"],
)
def test_every_public_name_exists(module):
    loaded = importlib.import_module(module)
    public = getattr(loaded, "__all__", [])
    assert [name for name in public if not hasattr(loaded, name)] == []
    assert len(set(public)) == len(public)


@per_task
def test_an_exam_is_the_same_each_time_it_is_made(task):
    def values():
        np.random.seed(None)
        cases = [case for check in exam_of(task, 7).checks for case in check.cases]
        return [leaf for case in cases for leaf in leaves([case.inputs, case.expected, dict(case.mistakes)])]

    first, second = values(), values()
    assert len(first) == len(second)
    assert all(
        np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f") for a, b in zip(first, second, strict=True)
    )

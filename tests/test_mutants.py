"""The mutation tests themselves are tested: what they must report on tasks with weak checks."""

import ast

import numpy as np
import pytest
from mutants import answers, changes, equivalent, measure
from mutants.__main__ import main
from mutants.held_out import measure_variants
from mutants.operators import mutants_of
from mutants.table import broken_goals, totals, write_details, write_table

from autograder.tasks.catalog import TASKS, of_assignment, task_named
from autograder.tasks.spec import Task, mistake, values
from chainrule import layers

SOURCE = '''
def f(x, n=2):
    """Text of 1 and 2."""
    if x is None:
        raise ValueError("x + 1")
    if verbose and n > 3:
        print(n + 1)
    y = -np.sum(x[1:], axis=0, keepdims=True).reshape(-1)
    for i in range(n):
        y += x[i] * 0.5
    return y @ x.T
'''
# One line of f each, and what becomes of it.
EXPECTED = {
    ("default", "def f(x, n=3):"),
    ("default", "def f(x, n=1):"),
    ("comparison", "if x is not None:"),
    ("condition", "if not x is None:"),
    ("condition", "if True:"),
    ("sign", "y = np.sum(x[1:], axis=0, keepdims=True).reshape(-1)"),
    ("sign", "y = -np.sum(x[1:], axis=0, keepdims=True).reshape(1)"),
    ("function", "y = -np.mean(x[1:], axis=0, keepdims=True).reshape(-1)"),
    ("function", "y = -np.sum(x[1:], axis=0, keepdims=True)"),
    ("slice", "y = -np.sum(x[:], axis=0, keepdims=True).reshape(-1)"),
    ("slice", "y = -np.sum(x[1:-1], axis=0, keepdims=True).reshape(-1)"),
    ("constant", "y = -np.sum(x[2:], axis=0, keepdims=True).reshape(-1)"),
    ("constant", "y = -np.sum(x[0:], axis=0, keepdims=True).reshape(-1)"),
    ("axis", "y = -np.sum(x[1:], axis=1, keepdims=True).reshape(-1)"),
    ("axis", "y = -np.sum(x[1:], axis=None, keepdims=True).reshape(-1)"),
    ("constant", "y = -np.sum(x[1:], axis=0, keepdims=False).reshape(-1)"),
    ("argument", "y = -np.sum(x[1:], keepdims=True).reshape(-1)"),
    ("argument", "y = -np.sum(x[1:], axis=0).reshape(-1)"),
    ("argument", "for i in range(n - 1):"),
    ("argument", "for i in range(1, n):"),
    ("operator", "y -= x[i] * 0.5"),
    ("operator", "y = x[i] * 0.5"),
    ("operator", "y += x[i] / 0.5"),
    ("operand", "y += x[i]"),
    ("operand", "y += 0.5"),
    ("constant", "y += x[i] * 1.0"),
    ("operator", "return y * x.T"),
    ("operand", "return y"),
    ("operand", "return x.T"),
    ("axis", "return y @ x"),
}


DELETED = {
    "- if x is None:\n- raise ValueError('x + 1')",
    "- y = -np.sum(x[1:], axis=0, keepdims=True).reshape(-1)",
    "- for i in range(n):\n- y += x[i] * 0.5",
    "- y += x[i] * 0.5\n+ pass",
}


def test_every_mutant_of_a_small_function_is_there_once():
    mutants = mutants_of(SOURCE)
    assert {m.diff for m in mutants if m.kind == "deletion"} == DELETED
    assert {(m.kind, m.diff.split("\n+ ")[1]) for m in mutants if m.kind != "deletion"} == EXPECTED
    assert len({m.text for m in mutants}) == len(mutants) == len(DELETED) + len(EXPECTED)


def test_mutants_are_valid_python_and_leave_texts_alone():
    for m in mutants_of(SOURCE):
        ast.parse(m.text)
        assert all(text in m.text for text in ("Text of 1 and 2.", "print(n + 1)", "verbose and n > 3"))


def test_every_reference_has_mutants():
    # One looks words up in a table: there is nothing in it to be changed.
    assert [task.name for task in TASKS if not mutants_of(task.source())] == ["word_embedding_forward"]


# Measuring, on tasks with weak checks.


def relu_task(*checks, mistakes=()):
    call = "out, cache = relu_forward(x)"
    return Task(
        "relu_forward", layers, "assignment3", "toy", call, lambda rng: {"x": rng.normal(size=5)}, checks, mistakes
    )


GOOD = values("values", 1, "out")
WEAK = values("zeros", 1, "out", draw=lambda rng: {"x": np.zeros(int(rng.integers(2, 5)))})
NEGATIVE = mistake("negative", "the sign is wrong")(("np.maximum(0, x)", "-np.maximum(0, x)"))


@pytest.fixture
def variants(tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "VARIANTS", tmp_path)
    return tmp_path


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.setattr(equivalent, "FOLDER", tmp_path)
    equivalent._recorded.cache_clear()
    yield tmp_path / "toy.toml"
    equivalent._recorded.cache_clear()


def test_a_good_task_kills_what_is_wrong(variants):
    report = measure.measure(relu_task(GOOD, mistakes=(NEGATIVE,)), (1, 2))
    assert (report.variants, report.mistakes, report.caught, report.own_sentence) == (1, 1, 1, 1)
    assert report.survivors == []
    assert report.hidden == report.visible == report.mutants > 1


def test_a_weak_task_misses_goals(variants):
    report = measure.measure(relu_task(WEAK, mistakes=(NEGATIVE,)), (1,))
    assert report.missed == ["negative"]
    assert report.own_sentence == 0
    assert ("function", (1,)) in {(s.kind, s.seeds) for s in report.survivors}
    goals = broken_goals([report])
    assert any("named mistakes keep all points" in line for line in goals)
    assert any("hidden" in line for line in goals)


def test_a_refused_correct_answer_is_listed(variants):
    (variants / "other.py").write_text(
        "import numpy as np\n\ndef relu_forward(x):\n    return np.abs(x), x\n", encoding="utf-8"
    )
    report = measure.measure(relu_task(GOOD), (1,))
    assert report.variants == 1
    assert report.refused[0].startswith("other: out[")
    assert "other: out[" in write_details([report])


def test_the_message_of_another_mistake_is_a_wrong_one(variants):
    other = mistake("other", "the sign is different")(("np.maximum(0, x)", "np.minimum(0, -x)"))
    same = mistake("same", "the sign is wrong")(("np.maximum(0, x)", "np.minimum(-0.0, -x)"))
    report = measure.measure(relu_task(GOOD, mistakes=(NEGATIVE, same)), (1,))
    assert (report.own_sentence, report.wrong_sentences) == (2, [])
    # Two messages fit: neither is shown, so no mistake is reported with its own message.
    report = measure.measure(relu_task(GOOD, mistakes=(NEGATIVE, other)), (1,))
    assert (report.own_sentence, report.wrong_sentences) == (0, [])


def test_a_message_that_depends_on_the_draw_is_unsteady(variants):
    def draw(rng):
        return {"x": np.full(5, rng.choice([-2.0, -0.5]))}

    minus_one = mistake("minus_one", "what is negative becomes -1")(("np.maximum(0, x)", "np.where(x > 0, x, -1.0)"))
    task = relu_task(values("values", 1, "out", draw=draw, cases=1), mistakes=(minus_one,))
    report = measure.measure(task, (1, 2, 3, 4))
    assert "- return (np.maximum(0, x), x)\n+ return (np.maximum(-1, x), x)" in report.unsteady


def test_an_answer_that_never_comes_is_killed(variants, monkeypatch):
    monkeypatch.setattr(measure, "SECONDS", 0.2)
    endless = measure.Mutant("toy", "def relu_forward(x):\n    while True:\n        pass", "")
    assert measure._judged(relu_task(GOOD), endless, measure.exam_of(relu_task(GOOD), 1), 1) is None


MINIMUM = "- return (np.maximum(0, x), x)\n+ return (np.minimum(0, x), x)"


def test_equivalents_are_counted_apart(variants, records):
    report = measure.measure(relu_task(WEAK), (1,))
    assert MINIMUM in {s.diff for s in report.survivors}
    records.write_text(f"[[relu_forward]]\nreason = 'zeros'\ndiffs = ['''\n  {MINIMUM}\n''']\n", encoding="utf-8")
    equivalent._recorded.cache_clear()
    second_report = measure.measure(relu_task(WEAK), (1,))
    assert (second_report.equivalents, second_report.stale) == ([(MINIMUM, "zeros")], [])
    assert (second_report.mutants, len(second_report.survivors)) == (report.mutants - 1, len(report.survivors) - 1)


@pytest.mark.parametrize(
    ("diff", "why"),
    [(MINIMUM, "but it loses points"), ("- return (np.maximum(0, x), x)\n+ return 3", "but there is no such mutant")],
)
def test_a_false_record_breaks_a_goal(diff, why, variants, records):
    records.write_text(f"[[relu_forward]]\nreason = 'none'\ndiffs = ['''\n{diff}\n''']\n", encoding="utf-8")
    report = measure.measure(relu_task(GOOD), (1,))
    assert why in report.stale[0]
    assert any("out of date" in line for line in broken_goals([report]))


# Mutants of other right solutions.


def test_mutants_of_another_solution_are_judged_with_its_own_names(variants):
    (variants / "other.py").write_text(
        "import numpy as np\n\nZERO = 0\n\ndef relu(x):\n    return np.where(x > ZERO, x, ZERO), x\n"
        "\n\nrelu_forward = relu\n",
        encoding="utf-8",
    )
    report = measure_variants(relu_task(GOOD), (1,))
    # > or >= is the same here; where(ZERO, ...) and others are not.
    assert [text.split("\n")[0] for text in report.survivors] == ["other, comparison:"]
    assert (report.mutants, report.killed) == (3, 2)
    assert "2 of 3 mutants" in str(report)


def test_a_weak_task_lets_mutants_of_other_solutions_pass(variants):
    (variants / "other.py").write_text("def relu_forward(x):\n    return x * (x > 0), x\n", encoding="utf-8")
    report = measure_variants(relu_task(WEAK), (1,))
    assert report.killed < report.mutants


# Table, choice of tasks, command line.


def test_totals_add_up(variants):
    reports = [measure.measure(relu_task(GOOD), (1,)) for _ in range(2)]
    assert totals(reports)["assignment3"]["mutants"] == 2 * reports[0].mutants
    table = write_table(reports).splitlines()
    assert table[0].count("|") == table[2].count("|") == table[-1].count("|")
    assert "**assignment3**" in table[-1]


def test_a_task_depends_on_its_spec_its_reference_and_the_judge():
    files = {str(path.relative_to(changes.ROOT)) for path in changes._files_of(task_named("affine_forward"))}
    assert {
        "autograder/tasks/assignment3/layers.py",
        "autograder/tasks/layer_checks.py",
        "chainrule/layers.py",
    } <= files
    assert {"autograder/tasks/spec.py", "chainrule/judging/compare.py", "chainrule/check.py"} <= files
    assert "tests/variants/layers_cs231n.py" in files
    unrelated_files = {
        "autograder/tasks/assignment5/gan.py",
        "chainrule/gan/losses.py",
        "tests/variants/gates_compact.py",
    }
    assert not unrelated_files & files


def test_only_tasks_that_changed_are_chosen(monkeypatch):
    def git(*args, **kwargs):
        return type("Done", (), {"stdout": "chainrule/linear.py\nREADME.md\n", "returncode": 0})

    monkeypatch.setattr(changes.subprocess, "run", git)
    chosen = {task.name for task in changes.changed_tasks(TASKS, "HEAD")}
    assert "svm_loss_naive" in chosen
    assert not chosen & set(of_assignment("assignment4"))


def test_the_command_prints_a_table_and_meets_its_goals(capsys):
    assert main(["--task", "add_bias", "--seeds", "1", "--jobs", "1"]) == 0
    printed = capsys.readouterr()
    assert "| add_bias |" in printed.out
    assert "all goals are met" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "backprop"], "task: expected one of "),
        (["--changed", "nowhere"], "expected a revision of git, got 'nowhere'"),
    ],
)
def test_wrong_usage_gets_one_line(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err

"""Right solutions that are written differently from the reference earn full marks."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import pytest

from autograder import specs
from autograder.__main__ import main
from autograder.sandbox import bwrap_works
from autograder.spec import exam_of
from autograder.specs import of_assignment
from chainrule.check import asker
from chainrule.judging.verdict import judge

FOLDER = Path(__file__).parent / "variants"
FILES = [path.stem for path in sorted(FOLDER.glob("*.py"))]
TASKS = {task.name: task for task in specs.TASKS}
SEEDS = (0, 1, 2)


@cache
def names_of(stem):
    spec = importlib.util.spec_from_file_location(f"variants_{stem}", FOLDER / f"{stem}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def defines(stem, task):
    first, _, method = task.partition(".")
    found = names_of(stem).get(first)
    if method:  # a class's own: every one has an __init__ of object's
        found = next((vars(c)[method] for c in getattr(found, "__mro__", ())[:-1] if method in vars(c)), None)
    return callable(found)


@cache
def exam(task, seed):
    return exam_of(TASKS[task], seed)


VARIANTS = [(task, stem) for task in TASKS for stem in FILES if defines(stem, task)]


@pytest.mark.parametrize(("task", "stem"), VARIANTS, ids=[f"{task}-{stem}" for task, stem in VARIANTS])
def test_a_right_variant_earns_full_marks(task, stem):
    for seed in SEEDS:
        verdict = judge(exam(task, seed), asker(names_of(stem)), seed)
        assert verdict.passed, f"seed {seed}: {verdict.reason()}"
        assert verdict.score == verdict.points == TASKS[task].points


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_at_least_two_variants(task):
    assert len([stem for name, stem in VARIANTS if name == task]) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", ["none", "bwrap"])
def test_the_command_line_gives_full_marks_for_a_file(sandbox, capsys):
    if sandbox == "bwrap" and (problem := bwrap_works()):
        pytest.skip(problem)
    assert main(["judge", str(FOLDER / "cs231n_style.py"), "--json", "--sandbox", sandbox]) == 0
    found = {verdict["task"]: verdict for verdict in json.loads(capsys.readouterr().out)}
    assert set(found) == set(of_assignment("assignment1"))
    lost = {task: verdict["checks"] for task, verdict in found.items() if verdict["score"] != verdict["max"]}
    assert lost == {}

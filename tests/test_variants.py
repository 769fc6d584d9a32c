"""Correct solutions that are written differently from the reference: each task has some, and they earn full marks."""

import json

import pytest
from mutants.answers import VARIANTS, variants_of

from autograder.__main__ import main
from autograder.sandbox.bubblewrap import sandbox_problem
from autograder.tasks.catalog import TASKS, of_assignment


# That each of them earns full marks is measured by `make mutants` (tests/mutants).
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_task_has_at_least_two_variants(task):
    assert len(variants_of(task)) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", ["none", "bwrap"])
def test_the_command_line_gives_full_marks_for_a_file(sandbox, capsys):
    if sandbox == "bwrap" and (problem := sandbox_problem()):
        pytest.skip(problem)
    assert main(["judge", str(VARIANTS / "cs231n_style.py"), "--json", "--sandbox", sandbox]) == 0
    verdicts = {verdict["task"]: verdict for verdict in json.loads(capsys.readouterr().out)}
    assert set(verdicts) == set(of_assignment("assignment1"))
    failed = {task: verdict["checks"] for task, verdict in verdicts.items() if verdict["score"] != verdict["max"]}
    assert failed == {}

"""A verdict is reproduced from its record, and later changes are reported."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from machine import PATIENCE
from small_course import ASSIGNMENT, NOTEBOOK, Attack, make_course, write_submission

from autograder.__main__ import main
from autograder.errors import UsageError
from autograder.grading import journal
from autograder.grading.classroom import grade, pool
from autograder.grading.submission import Options
from autograder.replay.show import as_text
from autograder.replay.verdicts import _failures, replay_record, verdict_for_script
from autograder.tasks.catalog import task_named
from autograder.tasks.spec import exam_of

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
WRONG = 'def max_norm(W, c):\n    """My own."""\n    return shrunk(W, c)'
RIGHT = (
    "def max_norm(W, c):\n    n = np.linalg.norm(W, axis=0)\n    return W * np.minimum(1, c / np.maximum(n, 1e-300))"
)
HELPER = "UNUSED = 1\n\ndef shrunk(W, c):\n    return W * c"
RAISES = 'def kl_divergence(p, q):\n    """My own."""\n    return np.sum(p * logarithm(p / q))'
BOB = Attack("bob", "", {}, {"answer": WRONG, "last cell": HELPER})


@pytest.fixture(scope="module")
def course(root, sandbox, tmp_path_factory):
    """ada's work is right; bob's max_norm needs a cell of his own and is wrong, and his kl_divergence raises."""
    course = make_course(root, tmp_path_factory.mktemp("replay") / "course")
    write_submission(course, "ada")
    write_submission(course, "bob", BOB)
    path = submission(course)
    notebook = nbformat.read(path, as_version=4)
    next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "kl_divergence").source = RAISES
    notebook.cells.insert(0, notebook.cells.pop())
    nbformat.write(notebook, path)
    with pool(1) as executor:
        results = list(grade(course, ASSIGNMENT, Options(sandbox, run_all=True), executor=executor))
    assert [result.error for result in results] == ["", ""]
    return course


def submission(course, student="bob"):
    return course.path("submitted", ASSIGNMENT, student) / NOTEBOOK


@pytest.fixture
def replay(course, sandbox, monkeypatch, capsys):
    """Run the command; return (exit code, standard output, standard error)."""
    monkeypatch.chdir(course.root)

    def run(*argv, student="bob"):
        options = [ASSIGNMENT, "--student", student] if student else []
        code = main(["replay", *options, *argv, "--sandbox", sandbox])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def record(course):
    """Change the record of bob's verdicts during a test; it is restored afterwards."""
    entry = journal.read(course, ASSIGNMENT, "bob")
    path = course.root / ".autograder" / ASSIGNMENT / "bob.json"
    text, notebook = path.read_text(encoding="utf-8"), submission(course).read_bytes()

    def change(edit):
        content = json.loads(text)
        edit(content)
        path.write_text(json.dumps(content), encoding="utf-8")

    yield change
    path.write_text(text, encoding="utf-8")
    submission(course).write_bytes(notebook)
    assert journal.read(course, ASSIGNMENT, "bob") == entry


def verdict_of(content, task):
    return next(v for v in content["verdicts"]["softmax"] if v["task"] == task)


def test_every_lost_task_is_replayed_with_its_inputs_and_both_outputs(replay):
    code, output, _ = replay()
    assert code == 0
    assert output.count("the same verdict as recorded") == 2
    assert "regularization" not in output
    assert "W_new = max_norm(W, c)" in output
    for word in ("    W  [[", "    c  ", "    got       [[", "    expected  [["):
        assert word in output
    assert (
        "no value: raised NameError: name 'logarithm' is not defined, at `return np.sum(p * logarithm(p / q))`"
        in output
    )


def test_the_verdict_is_the_recorded_one_word_for_word(replay, course):
    code, output, _ = replay("--json")
    replayed_tasks = {v["task"]: v for v in json.loads(output)}
    recorded = journal.read(course, ASSIGNMENT, "bob").verdicts["softmax"]
    assert code == 0
    assert set(replayed_tasks) == {"max_norm", "kl_divergence"}
    for verdict in recorded:
        if verdict["task"] in replayed_tasks:
            assert replayed_tasks[verdict["task"]]["verdict"] == verdict
            assert replayed_tasks[verdict["task"]]["same"] is True
    case = replayed_tasks["max_norm"]["lost"][0]["cases"][0]
    got, expected = case["outputs"]["W_new"]["got"], case["outputs"]["W_new"]["expected"]
    assert got["shape"] == expected["shape"] == case["inputs"]["W"]["shape"]
    assert got["data"][0][0] == case["inputs"]["W"]["data"][0][0] * case["inputs"]["c"]


def test_correct_work_has_nothing_to_replay_unless_a_task_is_named(replay, tmp_path):
    assert replay(student="ada")[:2] == (0, "no task lost points; name one with --task\n")
    path = tmp_path / "case.py"
    code, output, _ = replay("--task", "max_norm", "--script", str(path), student="ada")
    assert (code, path.exists()) == (0, False)
    assert "max_norm: 2 of 2 points" in output
    assert "the same verdict as recorded" in output
    assert "nothing to write" in output


def test_a_script_of_a_notebook_fails_and_passes_with_the_right_function(replay, tmp_path):
    path = tmp_path / "case.py"
    code, output, _ = replay("--task", "max_norm", "--script", str(path))
    text = path.read_text(encoding="utf-8")
    assert (code, "script: " in output) == (0, True)
    assert HELPER.split("\n\n")[1] in text
    assert "UNUSED" not in text
    assert "kl_divergence" not in text
    completed = subprocess.run([sys.executable, path], capture_output=True, encoding="utf-8", timeout=PATIENCE)
    assert "AssertionError: W_new" in completed.stderr
    path.write_text(text.replace(WRONG, RIGHT), encoding="utf-8")
    assert subprocess.run([sys.executable, path], timeout=PATIENCE).returncode == 0


def test_a_tampered_score_is_a_finding(replay, record):
    record(lambda content: verdict_of(content, "max_norm").update(score=1.5))
    code, output, _ = replay("--task", "max_norm")
    assert code == 1
    assert "not the verdict that is recorded:\n  score: recorded 1.5, now 0.0" in output


@pytest.fixture(scope="module")
def replayed(course, sandbox):
    """{task: Replayed} of bob."""
    return {task.verdict.task: task for task in replay_record(course, ASSIGNMENT, "bob", Options(sandbox))}


def with_changed_record(replayed_task, **values):
    """Return the Replayed with another record of its first check."""
    recorded = json.loads(json.dumps(replayed_task.recorded))
    recorded["checks"][0].update(values)
    return replace(replayed_task, recorded=recorded)


def test_a_tampered_check_is_a_finding(replayed):
    text = as_text(with_changed_record(replayed["max_norm"], result="right", passed=True, message=""))
    assert ", result: recorded 'right', now 'wrong'" in text
    assert "the points are the same" not in text


def test_another_message_for_the_same_points_is_reported_as_such(replayed):
    text = as_text(with_changed_record(replayed["max_norm"], message="something else"))
    assert ", message: recorded 'something else', now 'W_new" in text
    assert "the points are the same" in text


def test_a_check_that_no_longer_exists_is_reported(replayed):
    text = as_text(with_changed_record(replayed["max_norm"], name="an old check"))
    assert "an old check: recorded, and no check of the task now" in text


def test_a_script_is_of_one_task(replayed):
    tasks = [replayed["max_norm"], replayed["kl_divergence"]]
    assert verdict_for_script(tasks[:1]) is tasks[0]
    with pytest.raises(UsageError, match="found max_norm, kl_divergence; name one with --task"):
        verdict_for_script(tasks)


def test_a_changed_submission_is_reported(replay, record, course):
    submission(course).write_bytes(submission(course).read_bytes() + b"\n")
    code, output, error = replay()
    assert (code, output) == (1, "")
    assert error.count("\n") == 1
    assert "bob: expected submission, release and limits as they were graded, found a change since then" in error
    assert f"run `autograder grade {ASSIGNMENT} --student bob`" in error


@pytest.mark.parametrize(
    ("edit", "code", "message"),
    [
        (
            lambda exit_code: exit_code.update(verdicts=None),
            1,
            "bob: expected verdicts in the record, found something else",
        ),
        (
            lambda exit_code: exit_code.update(verdicts={"softmax": [{}]}),
            1,
            "bob: expected verdicts in the record, found",
        ),
        (lambda exit_code: exit_code.update(stamp=None), 1, "found that it could not be judged"),
        (
            lambda exit_code: exit_code.pop("stamp"),
            2,
            f"bob: expected a record of the grading of {ASSIGNMENT}, found none",
        ),
    ],
)
def test_an_unusable_record_gets_one_line(replay, record, edit, code, message):
    record(edit)
    exit_code, output, error = replay()
    assert (exit_code, output, error.count("\n")) == (code, "", 1)
    assert message in error


VERDICT = {"file": "a.py", "task": "max_norm", "seed": 1, "score": 0, "max": 2, "checks": []}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([ASSIGNMENT], "replay: expected --student S, and no --seed, with an assignment"),
        ([ASSIGNMENT, "--student", "bob", "--seed", "3"], "replay: expected --student S, and no --seed"),
        ([ASSIGNMENT, "--student", "zoe"], "student: expected one of ada, bob in submitted/, got 'zoe'"),
        (["assignment9", "--student", "bob"], "assignment: expected one in source/"),
        ([ASSIGNMENT, "--student", "bob", "--task", "svm"], "task: expected one of regularization, max_norm, kl"),
        ([ASSIGNMENT, "--student", "bob", "--script", "mine.txt"], "--script: expected the name of a new Python file"),
        ([ASSIGNMENT, "--student", "bob", "--script", "there.py"], "--script: expected a new file, found there.py"),
        ([ASSIGNMENT, "--student", "bob", "--script", "with.py"], "--script: expected a new file, found with.npz"),
        ([ASSIGNMENT, "--student", "bob", "--script", "no/x.py"], "--script: expected a folder to write into"),
        (["there.py", "--task", "max_norm"], "replay: expected --seed N, and no --student, with a FILE.py"),
        (["none.py", "--seed", "3"], "judge: expected a Python file or a notebook, got none.py"),
        (["none.json"], "replay: expected a list of verdicts, got none.json, which is not there"),
        (["odd.json"], "replay: expected verdicts as `autograder judge --json` prints them, got others in odd.json"),
        (["list.json", "--seed", "3"], "replay: expected neither --seed nor --student with VERDICTS.json"),
        (["list.json", "--task", "svm"], "task: expected one of max_norm in list.json, got 'svm'"),
        (["list.json"], "replay: expected a Python file or a notebook, got a.py, which is not there"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_arguments_of_replay_get_one_line_and_exit_code_2(replay, course, argv, message):
    for name, text in {"there.py": "", "with.npz": "", "odd.json": "[{}]", "list.json": json.dumps([VERDICT])}.items():
        Path(name).write_text(text, encoding="utf-8")
    files = sorted(os.listdir())
    code, output, error = replay(*argv, student=None)
    assert (code, output, error.count("\n")) == (2, "", 1)
    assert message in error
    assert sorted(os.listdir()) == files
    assert Path("there.py").read_text(encoding="utf-8") == ""


def test_without_bubblewrap_replaying_refuses(course, monkeypatch, capsys):
    monkeypatch.setattr("autograder.sandbox.bubblewrap.shutil.which", lambda name: None)
    assert main(["--course", str(course.root), "replay", ASSIGNMENT, "--student", "bob"]) == 1
    assert "--sandbox none" in capsys.readouterr().err


# --- plain files ---


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f"import numpy as np\n\n{RAISES}\n\n\n{HELPER}\n\n\n{WRONG}\n", encoding="utf-8")
    return path


def test_a_plain_file_is_replayed_by_its_seed(replay, file, tmp_path):
    code, output, _ = replay(str(file), "--seed", "5", "--task", "max_norm", student=None)
    assert code == 0
    assert "max_norm: 0 of 2 points" in output
    assert "kl_divergence" not in output
    assert "recorded" not in output
    assert "W_new = max_norm(W, c)" in output


def test_a_list_of_verdicts_is_replayed(replay, file, tmp_path, sandbox, capsys):
    assert main(["judge", str(file), "--seed", "5", "--json", "--sandbox", sandbox]) == 0
    printed = json.loads(capsys.readouterr().out)
    verdicts = tmp_path / "verdicts.json"
    verdicts.write_text(json.dumps(printed), encoding="utf-8")
    code, output, _ = replay(str(verdicts), "--json", student=None)
    assert code == 0
    assert [v["recorded"] for v in json.loads(output)] == printed
    assert all(v["same"] for v in json.loads(output))
    assert {v["task"] for v in json.loads(output)} == {"max_norm", "kl_divergence"}


def test_a_measured_call_that_is_wrong_shows_its_outputs_and_one_that_costs_too_much_its_costs():
    exam = exam_of(task_named("softmax_loss_vectorized"), 1)
    check = next(check for check in exam.checks if check.kind == "growth")
    right = [dict.fromkeys(case.measured, np.array(5)) for case in check.cases]
    for case, answer in zip(check.cases, right, strict=True):
        answer |= {name: case.expected[name.split(" of ")[1]] for name in case.measured if " of " in name}
    answers = {id(case): answer for case, answer in zip(check.cases, right, strict=True)}
    assert [failure.costs for failure in _failures(check, answers)] == [{"steps": 5, "views": 5, "peak": 5}] * 2
    right[1]["views of loss"] = np.array(0.0)
    assert list(_failures(check, answers)[1].outputs) == ["loss"]

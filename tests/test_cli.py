"""The command line: exit codes, JSON, and one line for every error."""

import json
import subprocess
import sys

import pytest

from autograder.__main__ import main

RIGHT = """
import numpy as np

def max_norm(W, c):
    n = np.linalg.norm(W, axis=0)
    return W * np.where(n > c, c / np.where(n > 0, n, 1), 1)

"""


@pytest.fixture
def working_course(course, monkeypatch):
    monkeypatch.chdir(course.root)
    return course


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["release", "assignment9"], "assignment: expected one in source/ (assignment1, assignment2, "),
        (["grade", "assignment9"], "assignment: expected one in source/ (assignment1, assignment2, "),
        (["grade", "assignment1"], "submitted/*/assignment1: expected the folder of a student, found none"),
        (["grade", "assignment1", "--student", "zoe"], "student: expected one of none in submitted/, got 'zoe'"),
        (["leaks", "nowhere/at/all"], "leaks: expected a released folder, got nowhere/at/all"),
        (["leaks", "assignment9"], "leaks: expected a released folder, got "),
        (["sync", "assignment9"], "assignment: expected one in source/"),
        (["judge", "none.py"], "judge: expected a Python file or a notebook, got none.py"),
        (["judge", "nbgrader_config.py", "--task", "backprop"], "task: expected one of "),
        (["--course", "source", "grade", "assignment1"], "course: expected a folder with nbgrader_config.py"),
        (["demo", "--folder", "source"], "demo: expected an empty folder or an older demo, got source"),
        (["grade", "assignment1", "--scheduler", "nowhere"], "scheduler: expected"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_gets_one_line_and_exit_code_2(working_course, capsys, argv, message):
    files = sorted(p for p in working_course.root.rglob("*") if "gradebook" not in p.name)
    assert main(argv) == 2
    error = capsys.readouterr().err.strip().split("\n")[-1]
    assert error.startswith("autograder: ")
    assert message in error
    assert sorted(p for p in working_course.root.rglob("*") if "gradebook" not in p.name) == files


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "got no COMMAND; try `autograder --help`"),
        (
            ["grde"],
            "expected one of tasks, release, leaks, sync, grade, report, judge, replay, doctor, demo, got 'grde'",
        ),
        (["--course"], "--course: expected one argument"),
        (["judge"], "judge: expected more arguments, got no FILE.py; try `autograder judge --help`"),
        (["judge", "x.py", "--seed", "1.5"], "judge: argument --seed: expected a whole number from 0 to "),
        (["replay", "x.py", "--seed", "-1"], "replay: argument --seed: expected "),
        (["grade", "a", "--bogus", "c\nd"], "grade: expected no more arguments, got --bogus c\\nd; "),
        (["demo", "--sandbox", "dock\ner"], "demo: argument --sandbox: expected one of bwrap, none, got 'dock\\ner'"),
        (["grade", "a", "--jobs", "0"], "grade: argument --jobs: expected a whole number, 1 or more, got '0'"),
        (["tasks", "--json=1"], "tasks: argument --json: "),
        *(([name, "--bogus"], "try `autograder") for name in ("release", "leaks", "sync", "report", "doctor")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_arguments_get_one_line_and_exit_code_2(capsys, argv, message):
    assert main(argv) == 2
    error = capsys.readouterr().err
    assert error.startswith("autograder: ")
    assert error.count("\n") == 1
    assert message in error
    assert "--help`" in error


def test_grading_before_a_release_is_refused(working_course, capsys):
    import shutil

    shutil.rmtree(working_course.root / "assignments")
    assert main(["grade", "assignment1"]) == 2
    assert "run `autograder release assignment1`" in capsys.readouterr().err


def test_without_bubblewrap_grading_refuses(working_course, capsys, monkeypatch):
    (working_course.root / "submitted/ada/assignment1").mkdir(parents=True)
    monkeypatch.setattr("autograder.sandbox.bubblewrap.shutil.which", lambda name: None)
    assert main(["grade", "assignment1"]) == 1
    assert "--sandbox none" in capsys.readouterr().err


def test_tasks_are_listed(capsys):
    assert main(["tasks"]) == 0
    assert "assignment1/knn: KNearestNeighbor.compute_distances_two_loops, 5 points" in capsys.readouterr().out


def test_tasks_as_json(capsys):
    assert main(["tasks", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert sum(row["points"] for row in rows if row["assignment"] == "assignment1") == 95
    assert set(rows[0]) == {"task", "assignment", "notebook", "points", "checks", "mistakes"}


def test_leaks_of_a_clean_release(working_course, capsys):
    assert main(["leaks", "assignment1"]) == 0
    assert "no leaks" in capsys.readouterr().out


def test_a_leak_is_a_finding(working_course, capsys):
    (working_course.root / "assignments/assignment1/gradebook.db").touch()
    assert main(["leaks", "assignments/assignment1"]) == 1
    assert "gradebook.db" in capsys.readouterr().out


def test_sync_check_writes_nothing(working_course, capsys):
    assert main(["sync", "assignment1", "--check"]) == 0


@pytest.mark.slow
def test_judge_a_file(tmp_path, capsys, sandbox):
    path = tmp_path / "mine.py"
    path.write_text(RIGHT + "def kl_divergence(p, q):\n    return 0.0\n", encoding="utf-8")
    assert main(["judge", str(path), "--seed", "5", "--json", "--sandbox", sandbox]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert [(f["task"], f["score"], f["max"]) for f in verdicts] == [("max_norm", 2, 2), ("kl_divergence", 0, 3)]
    assert set(verdicts[0]) == {"file", "task", "score", "max", "checks", "seed"}
    assert set(verdicts[0]["checks"][0]) >= {"name", "passed", "message"}
    assert verdicts[0]["seed"] == 5


@pytest.mark.slow
def test_a_file_without_tasks_reports_the_exception_that_it_raised(tmp_path, capsys, sandbox):
    path = tmp_path / "broken.py"
    path.write_text("data = open('no_such_file')\nmax_norm = data.max_norm\n", encoding="utf-8")
    assert main(["judge", str(path), "--sandbox", sandbox]) == 2
    assert "running it raised FileNotFoundError" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m autograder tasks | head -1"
    completed = subprocess.run(command, shell=True, capture_output=True, encoding="utf-8", check=False)
    assert completed.stdout.startswith("assignment1/knn: ")
    assert completed.stderr == ""

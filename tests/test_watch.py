"""A class at work: submissions that arrive are graded, and the progress is a line that works in a log file."""

import json
import signal
import subprocess
import sys

import pytest
from machine import PATIENCE, wait_until
from small_course import ASSIGNMENT, POINTS, make_course, write_submission

from autograder.commands import grade as command
from autograder.grading.arrivals import Arrivals

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def small(root, tmp_path):
    return make_course(root, tmp_path / "course")


def test_a_submission_is_taken_once_it_has_settled_and_again_when_it_or_the_release_changes(small):
    arrivals = Arrivals(small, ASSIGNMENT)
    assert arrivals.take() == []
    write_submission(small, "zoe")
    assert [arrivals.take(), arrivals.take(), arrivals.take()] == [[], ["zoe"], []]
    path = small.path("submitted", ASSIGNMENT, "zoe") / "notes.txt"
    for text in ("a", "ab"):  # it is being written
        path.write_text(text, encoding="utf-8")
        assert arrivals.take() == []
    assert arrivals.take() == ["zoe"]
    arrivals.give_back(["zoe"])
    assert arrivals.take() == ["zoe"]
    (small.path("release", ASSIGNMENT) / "more.txt").write_text("", encoding="utf-8")
    assert [arrivals.take(), arrivals.take()] == [[], ["zoe"]]


def test_what_arrives_is_graded_until_the_command_is_stopped(small, sandbox, tmp_path):
    write_submission(small, "ada")
    options = ["grade", ASSIGNMENT, "--watch", "--json", "--sandbox", sandbox]
    out = tmp_path / "out"
    with open(out, "w", encoding="utf-8") as file:
        command = [sys.executable, "-m", "autograder", "--course", small.root, *options]
        # A process that is started in the background of a script ignores Ctrl-C, and so do those that it starts.
        process = subprocess.Popen(
            command, stdout=file, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        )

    def results():
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    try:
        assert wait_until(lambda: len(results()) == 1)
        write_submission(small, "zoe")
        wrong = small.root / "submitted" / "bob" / ASSIGNMENT.upper()
        wrong.mkdir(parents=True)
        (wrong / "softmax.ipynb").write_bytes((small.path("release", ASSIGNMENT) / "softmax.ipynb").read_bytes())
        assert wait_until(lambda: len(results()) == 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) != 0
    finally:
        process.kill()
        process.wait()
    by_student = {result["student"]: result for result in results()}
    assert [by_student[name]["score"] for name in ("ada", "zoe")] == [sum(POINTS.values())] * 2
    assert by_student["bob"]["error"]


def test_progress_in_a_file_is_whole_lines_with_what_was_not_graded(monkeypatch, capsys):
    monkeypatch.setattr(command, "LOG_SECONDS", 0)
    results = [type("Result", (), {"error": error}) for error in ("", "no", "", "no")]
    assert list(command._with_progress(iter(results), 4)) == results
    lines = capsys.readouterr().err.split("\n")
    assert "\r" not in "".join(lines)
    assert "4/4" in lines[-2]
    assert "not graded: 2" in lines[-2]
    assert "student/s" in lines[-2] or "s/student" in lines[-2]


def test_progress_in_a_file_does_not_fill_it(monkeypatch, capsys):
    results = [type("Result", (), {"error": ""})] * 10_000
    assert len(list(command._with_progress(iter(results), 10_000))) == 10_000
    assert len(capsys.readouterr().err.splitlines()) < 10

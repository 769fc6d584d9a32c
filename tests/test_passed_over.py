"""Misplaced submissions are reported, and the others are graded."""

import json
import re

import pytest
from small_course import ASSIGNMENT, make_course, write_submission

from autograder.__main__ import main
from autograder.submission.misplaced import find_misplaced

PLACES = {
    "zip": ("assignment1.zip", "unpack it there"),
    "tar": ("zip-assignment_01.tar.gz", "unpack it there"),
    "other_zip": ("my work.zip", "unpack it there"),
    "capital": ("Assignment1/softmax.ipynb", "give it that name"),
    "space": ("assignment 1/softmax.ipynb", "give it that name"),
    "browser": ("assignment1 (1)/softmax.ipynb", "give it that name"),
    "loose": ("softmax.ipynb", "move it there"),
    "renamed": ("x/y.pdf", "found nothing that can be graded"),
}
QUIET = {
    "right": "assignment1/softmax.ipynb",
    "empty": "assignment1/notes.txt",
    "other": "assignment2/rnn.ipynb",
    "other_zip_only": "assignment2.zip",
    "eleven": "assignment2 (1)/x.ipynb",
    ".hidden": "softmax.ipynb",
    "__MACOSX": "softmax.ipynb",
}


@pytest.fixture
def course(root, tmp_path):
    course = make_course(root, tmp_path / "course")
    (course.root / "source" / "assignment2").mkdir()
    (course.root / "source" / "assignment2" / "rnn.ipynb").touch()
    return course


def place_archive(course, student, path):
    place = course.root / "submitted" / student / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"PK\x03\x04")


@pytest.mark.filterwarnings("ignore")
def test_each_misplaced_submission_is_reported_with_advice_and_no_other(course):
    for student, (path, _) in PLACES.items():
        place_archive(course, student, path)
    for student, path in QUIET.items():
        place_archive(course, student, path)
    (course.root / "submitted" / "nobody").mkdir()
    (course.root / "submitted" / "linked").mkdir()
    (course.root / "submitted" / "linked" / ASSIGNMENT).symlink_to("nowhere")
    (course.root / "submitted" / "class.zip").touch()
    (course.root / "submitted" / "readme.txt").touch()
    messages = find_misplaced(course, ASSIGNMENT)
    assert set(messages) == {*PLACES, "nobody", "class.zip"}
    assert "linked" in course.students(ASSIGNMENT)  # grading says why: nobody is named twice
    for student, (path, deed) in PLACES.items():
        assert deed in messages[student]
        assert f"submitted/{student}/assignment1" in messages[student]
        assert student == "renamed" or path.split("/")[0] in messages[student]
    assert all(message.startswith("not graded: ") and "\n" not in message for message in messages.values())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_misplaced_submissions_are_in_the_table_and_give_exit_code_1(course, sandbox, capsys):
    write_submission(course, "ada")
    for student in ("zip", "capital"):
        place_archive(course, student, PLACES[student][0])
    place_archive(course, "packed", f"{ASSIGNMENT}/work.zip")
    write_submission(course, "spare")
    place_archive(course, "spare", f"{ASSIGNMENT}/work.zip")
    command = ["--course", str(course.root), "grade", ASSIGNMENT, "--sandbox", sandbox, "--jobs", "1", "--json"]
    assert main(command) == 1
    captured = capsys.readouterr()
    assert "5/5" in captured.err  # the bar counts them, too
    results = {result["student"]: result for result in json.loads(captured.out)}
    assert {name: bool(result["error"]) for name, result in results.items()} == {
        "ada": False, "capital": True, "packed": True, "spare": False, "zip": True
    }  # fmt: skip
    message = "found 'work.zip' and no work beside it; unpack it into submitted/packed/assignment1"
    assert message in results["packed"]["error"]
    assert results["spare"]["score"] == results["ada"]["score"] > 0
    assert main([*command[:4], "--student", "zip", *command[4:]]) == 1
    assert "assignment1.zip" in json.loads(capsys.readouterr().out)[0]["error"]


@pytest.mark.filterwarnings("ignore")
def test_nbgraders_own_autograde_reports_them_too(course):
    for student, (path, _) in PLACES.items():
        place_archive(course, student, path)
    found = course.nbgrader().autograde(ASSIGNMENT, "*")
    assert not found["success"]
    for student, (path, deed) in PLACES.items():
        assert re.search(rf"ERROR\] {student}: not graded: .*{deed}", found["log"]), path
    found = course.nbgrader().autograde(ASSIGNMENT, "zip")
    assert found["log"].count("not graded: ") == 1

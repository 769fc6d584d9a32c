"""Misplaced submissions are reported, and the others are graded."""

import json

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
    made = make_course(root, tmp_path / "course")
    (made.root / "source" / "assignment2").mkdir()
    (made.root / "source" / "assignment2" / "rnn.ipynb").touch()
    return made


def put(course, student, path):
    place = course.root / "submitted" / student / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"PK\x03\x04")


@pytest.mark.filterwarnings("ignore")
def test_each_is_named_with_what_to_do_and_nobody_else(course):
    for student, (path, _) in PLACES.items():
        put(course, student, path)
    for student, path in QUIET.items():
        put(course, student, path)
    (course.root / "submitted" / "nobody").mkdir()
    (course.root / "submitted" / "linked").mkdir()
    (course.root / "submitted" / "linked" / ASSIGNMENT).symlink_to("nowhere")
    (course.root / "submitted" / "class.zip").touch()
    (course.root / "submitted" / "readme.txt").touch()
    found = find_misplaced(course, ASSIGNMENT)
    assert set(found) == {*PLACES, "nobody", "class.zip"}
    assert "linked" in course.students(ASSIGNMENT)  # grading says why: nobody is named twice
    for student, (path, deed) in PLACES.items():
        assert deed in found[student]
        assert f"submitted/{student}/assignment1" in found[student]
        assert student == "renamed" or path.split("/")[0] in found[student]
    assert all(says.startswith("not graded: ") and "\n" not in says for says in found.values())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_they_are_in_the_table_and_the_exit_code_tells(course, sandbox, capsys):
    write_submission(course, "ada")
    for student in ("zip", "capital"):
        put(course, student, PLACES[student][0])
    put(course, "packed", f"{ASSIGNMENT}/work.zip")
    write_submission(course, "spare")
    put(course, "spare", f"{ASSIGNMENT}/work.zip")
    command = ["--course", str(course.root), "grade", ASSIGNMENT, "--sandbox", sandbox, "--jobs", "1", "--json"]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "5/5" in said.err  # the bar counts them, too
    found = {result["student"]: result for result in json.loads(said.out)}
    assert {name: bool(result["error"]) for name, result in found.items()} == {
        "ada": False, "capital": True, "packed": True, "spare": False, "zip": True
    }  # fmt: skip
    said = "found 'work.zip' and no work beside it; unpack it into submitted/packed/assignment1"
    assert said in found["packed"]["error"]
    assert found["spare"]["score"] == found["ada"]["score"] > 0
    assert main([*command[:4], "--student", "zip", *command[4:]]) == 1
    assert "assignment1.zip" in json.loads(capsys.readouterr().out)[0]["error"]

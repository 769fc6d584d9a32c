"""Files that the grader may not read cost no grade: the old grade stays, exit code 1, one line."""

import errno
import io
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from killed import gradebook
from machine import without_root_rights
from small_course import ASSIGNMENT, POINTS, make_course, write_submission

from autograder.__main__ import main
from autograder.course.folder import Course, read_folder
from autograder.errors import MachineError
from autograder.grading import submission as step
from autograder.grading.classroom import grade
from autograder.grading.submission import Options, workspace
from autograder.sandbox.limits import Limits
from autograder.submission import files as submission
from autograder.submission.files import read_submission
from chainrule.judging.verdict import Outcome, Verdict

pytestmark = pytest.mark.filterwarnings("ignore")
# Root may read everything; without these rights it may read what an ordinary owner may.
ORDINARY = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
HOME = f"submitted/ada/{ASSIGNMENT}"
CLOSED = {
    "the parent": ("submitted/ada", 0),
    "the folder": (HOME, 0),
    "what is in the folder": (HOME, 0o400),
    "a notebook": (f"{HOME}/softmax.ipynb", 0),
    "a helper": (f"{HOME}/helper.py", 0),
    "a helper's folder": (f"{HOME}/helpers", 0),
    "the time": (f"{HOME}/timestamp.txt", 0),
}


class CorrectRun:
    """Stands for a Run: every answer is correct."""

    def __init__(self, *_):
        self.notes = []

    def cell(self, *_):
        return []

    def judge(self, task, seed, _):
        return Verdict(task.name, tuple(Outcome(c.name, c.points, True) for c in task.checks), seed)

    def close(self):
        pass


class InProcess:
    """An executor that judges immediately, in this process."""

    jobs = 1

    def submit(self, function, *arguments):
        job = Future()
        job.set_result(function(*arguments))
        return job


class RefusingExecutor:
    """An executor that judges nothing."""

    jobs = 1

    def submit(self, *_):
        raise AssertionError("half a submission was judged")


@pytest.fixture(scope="module")
def graded(root, tmp_path_factory):
    """A course of two students with a grade each."""
    course = make_course(root, tmp_path_factory.mktemp("unreadable") / "course")
    for student in ("ada", "ben"):
        write_submission(course, student)
    folder = course.path("submitted", ASSIGNMENT, "ada")
    (folder / "helpers").mkdir()
    for name in ("helper.py", "helpers/more.py"):
        (folder / name).write_text("one = 1\n", encoding="utf-8")
    (folder / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "Run", CorrectRun)
        results = list(grade(course, ASSIGNMENT, Options("none"), executor=InProcess()))
    assert [(r.score, r.error) for r in results] == [(sum(POINTS.values()), "")] * 2
    return course


@pytest.fixture
def course(graded, tmp_path):
    shutil.copytree(graded.root, tmp_path / "course")
    return Course(tmp_path / "course")


@contextmanager
def unreadable(path, mode):
    """Remove the permissions of a file, and root's right to ignore them."""
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        with without_root_rights():
            yield
    finally:
        path.chmod(before)


def results(course, **how):
    return {r.student: r for r in grade(course, ASSIGNMENT, Options("none"), executor=RefusingExecutor(), **how)}


@pytest.mark.parametrize("what", CLOSED)
def test_a_submission_that_may_not_be_read_keeps_its_grade(course, what):
    before, (place, mode) = gradebook(course), CLOSED[what]
    with unreadable(course.root / place, mode):
        results_by_student = results(course)
    assert place in results_by_student["ada"].error
    assert "got Permission denied" in results_by_student["ada"].error
    assert "chmod" in results_by_student["ada"].error
    assert len(results_by_student["ada"].error.splitlines()) == 1
    assert (results_by_student["ben"].error, results_by_student["ben"].score) == ("", sum(POINTS.values()))
    assert gradebook(course) == before


def test_the_command_ends_with_exit_code_1(course):
    before, path = gradebook(course), course.root / HOME / "softmax.ipynb"
    path.chmod(0)
    command = [*ORDINARY, sys.executable, "-m", "autograder", "grade", ASSIGNMENT, "--json", "--sandbox", "none"]
    completed = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=course.root)
    results_by_student = {r["student"]: (r["score"], r["error"]) for r in json.loads(completed.stdout)}
    assert completed.returncode == 1
    assert "softmax.ipynb: expected to read it, got Permission denied; " in results_by_student["ada"][1]
    assert "not submitted" not in completed.stdout
    assert gradebook(course) == before


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("what", CLOSED)
def test_nbgraders_own_autograde_keeps_the_grade_too(course, what, force):
    before, (place, mode) = gradebook(course), CLOSED[what]
    files, nbgrader = read_folder(course.path("autograded", ASSIGNMENT, "ada")), course.nbgrader()
    with unreadable(course.root / place, mode):
        outcome = nbgrader.autograde(ASSIGNMENT, "ada", force=force)
    assert not outcome["success"]
    (line,) = [line for line in outcome["log"].splitlines() if "Permission denied" in line]
    assert re.search(
        f"ERROR\\] ada: not graded: .*{place}.*: expected to read it, got Permission denied; .*chmod", line
    )
    assert "Traceback" not in outcome["log"]
    assert gradebook(course) == before
    assert read_folder(course.path("autograded", ASSIGNMENT, "ada")) == files


@pytest.mark.slow
@pytest.mark.parametrize("what", ["the parent", "the folder"])
def test_nbgraders_own_command_reports_them_and_grades_the_others(course, what):
    before, (place, mode) = gradebook(course), CLOSED[what]
    (course.root / place).chmod(mode)
    shutil.rmtree(course.path("autograded", ASSIGNMENT, "ben"))
    command = [*ORDINARY, sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT, "--Execute.sandbox=none"]
    completed = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=course.root)
    assert completed.returncode == 1
    (line,) = [line for line in completed.stderr.splitlines() if "ERROR" in line]
    assert "ERROR] ada: not graded: " in line
    assert course.path("autograded", ASSIGNMENT, "ben").is_dir()
    assert gradebook(course) == before


def test_nbgraders_own_autograde_reports_only_the_selected_students(course):
    nbgrader = course.nbgrader(CourseDirectory={"student_id_exclude": "ada"})
    with unreadable(course.root / HOME, 0):
        assert nbgrader.autograde(ASSIGNMENT, "*", force=False)["success"]
        assert course.nbgrader().autograde(ASSIGNMENT, "ben", force=False)["success"]
        assert not course.nbgrader().autograde(ASSIGNMENT, "*", force=False)["success"]


@pytest.mark.parametrize(
    "place", [f"assignments/{ASSIGNMENT}/chainrule", f"assignments/{ASSIGNMENT}/softmax.ipynb", "submitted", "source"]
)
def test_a_course_that_may_not_be_read_stops_the_command(course, capsys, place):
    before = gradebook(course)
    with unreadable(course.root / place, 0):
        assert main(["--course", str(course.root), "grade", ASSIGNMENT, "--force", "--sandbox", "none"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("autograder: ")
    assert f"{place}: expected to read it, got Permission denied" in error
    assert error.count("\n") == 1
    assert gradebook(course) == before


@pytest.mark.parametrize("argv", [("judge",), ("replay", "--seed", "1")], ids=["judge", "replay"])
def test_an_unreadable_plain_file_is_reported(tmp_path, capsys, argv):
    path = tmp_path / "mine.py"
    path.write_text("def max_norm(W, c):\n    return W\n", encoding="utf-8")
    with unreadable(path, 0):
        assert main([argv[0], str(path), *argv[1:], "--sandbox", "none"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "mine.py: expected to read it, got Permission denied; " in error


@pytest.mark.parametrize("name", ["softmax.ipynb", "helper.py", "."])
def test_a_record_is_not_replayed_from_half_a_submission(course, capsys, name):
    with unreadable(course.root / HOME / name, 0):
        assert main(["--course", str(course.root), "replay", ASSIGNMENT, "--student", "ada", "--sandbox", "none"]) == 1
    error = capsys.readouterr().err
    assert "expected to read it, got Permission denied; " in error
    assert name.strip(".") in error


@pytest.mark.parametrize("name", ["link to nowhere", "dangling parent", "link elsewhere"])
def test_a_folder_behind_a_link_is_reported(course, name):
    before = gradebook(course)
    place = course.root / ("submitted/ada" if name == "dangling parent" else HOME)
    place.rename(course.root / "away")
    place.symlink_to(course.root / ("nowhere" if name != "link elsewhere" else "away"))
    results_by_student = results(course)
    assert HOME in results_by_student["ada"].error
    assert results_by_student["ben"].error == ""
    assert gradebook(course) == before


ERRORS = ("EACCES", "EPERM", "EIO", "ESTALE", "ENOTCONN", "ENOENT", "ENOTDIR", "EMFILE", "ENOMEM", "ETIMEDOUT")


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("target", ["softmax.ipynb", "helper.py", "helpers", "more.py", "timestamp.txt", HOME])
def test_no_error_of_the_operating_system_costs_a_grade(course, monkeypatch, name, target):
    before, opened = gradebook(course), os.open

    def fails(path, *args, **kwargs):
        if str(path).endswith(target) and "ben" not in str(path):
            raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)), path)
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", fails)
    result = results(course, student="ada", force=True)["ada"]
    monkeypatch.undo()
    assert target in result.error
    assert os.strerror(getattr(errno, name)) in result.error
    assert len(result.error.splitlines()) == 1
    assert gradebook(course) == before


def test_a_read_error_within_a_file_is_reported(course, monkeypatch):
    class Fails(io.FileIO):
        def read(self, *_):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(submission, "open", Fails, raising=False)
    with pytest.raises(MachineError, match=r"expected to read it, got Input/output error; look at the disk"):
        read_submission(course.path("submitted", ASSIGNMENT, "ada"), Limits())


@pytest.mark.parametrize("name", ["EACCES", "EIO", "ESTALE"])
def test_a_release_is_read_whole_or_not_at_all(course, monkeypatch, name):
    folder, listdir = course.path("release", ASSIGNMENT), os.listdir

    def fails(path):
        if str(path).endswith("chainrule"):
            raise OSError(getattr(errno, name), "no")
        return listdir(path)

    assert "chainrule/__init__.py" in read_folder(folder)
    monkeypatch.setattr(os, "listdir", fails)
    with pytest.raises(MachineError, match="chainrule: expected to read it"):
        read_folder(folder)


def test_a_full_disk_leaves_out_nothing_of_what_students_code_imports(course, tmp_path, monkeypatch):
    released, write = course.released_files(ASSIGNMENT), Path.write_bytes

    def full(path, data):
        if path.name in ("__init__.py", "helper.py"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    for submitted, package in (({}, released), ({"helper.py": b"one = 1"}, {})):
        with pytest.raises(OSError, match="No space left"):
            workspace(tmp_path, submitted, package, {})

"""Kills, full disks and locks: no grade is lost, doubled or half-written, and running the same command again finishes.

With CHAINRULE_ALL_KILLS=1 a run is killed at every single one of its writes.
"""

import errno
import json
import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest
from killed import ASSIGNMENT, Ready, files, gradebook
from machine import PATIENCE, wait_until
from nbgrader.api import Gradebook
from pebble import ProcessExpired
from small_course import make_course, write_submission
from sqlalchemy.engine import RootTransaction

from autograder.course.folder import CONFIG, Course, read_folder
from autograder.course.lock import locked
from autograder.course.release import register
from autograder.errors import GradingError, UsageError
from autograder.grading import journal
from autograder.grading.classroom import grade
from autograder.grading.submission import Options, grade_submission
from autograder.grading.workers import pool, submit

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
TIMES = "0" if os.environ.get("CHAINRULE_ALL_KILLS") else "6"
STUDENTS = ("ada", "ben")
OPTIONS = Options("none")


@pytest.fixture(scope="module")
def judged_course(root, sandbox, tmp_path_factory):
    """A course with two submissions, and {student: Graded} of both."""
    course = make_course(root, tmp_path_factory.mktemp("crash") / "course")
    for student in STUDENTS:
        write_submission(course, student)
    notebook = course.path("submitted", ASSIGNMENT, "ben") / "softmax.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("norm", "nrom"), encoding="utf-8")
    (notebook.parent / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC", encoding="utf-8")
    released = course.released_files(ASSIGNMENT)
    judged = {}
    for student in STUDENTS:
        submitted = read_folder(course.path("submitted", ASSIGNMENT, student))
        judged[student] = grade_submission(submitted, released, ASSIGNMENT, student, Options(sandbox))
    return course, judged


@pytest.fixture
def course(judged_course, tmp_path):
    shutil.copytree(judged_course[0].root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture
def fresh(course):
    """A course without a gradebook."""
    (course.root / "gradebook.db").unlink()


@pytest.fixture
def ready(judged_course):
    return Ready(judged_course[1])


@pytest.fixture
def graded(course, ready):
    """A graded course; ada has manual points and a manual comment, and both students have submitted again."""
    assert [r.error for r in grade(course, ASSIGNMENT, OPTIONS, executor=Ready(exchanged(ready.judged)))] == ["", ""]
    with Gradebook(course.directory.db_url) as book:
        place = "softmax", ASSIGNMENT, "ada"
        book.find_grade("test_max_norm", *place).manual_score = 1.5
        book.find_comment("max_norm", *place).manual_comment = "Seen by hand."
        book.db.commit()
    for student in STUDENTS:
        (course.path("submitted", ASSIGNMENT, student) / "more.txt").write_text("new", encoding="utf-8")
    return course


def exchanged(judged):
    """Return the judged submissions with the students exchanged."""
    return dict(zip(STUDENTS, reversed(judged.values()), strict=True))


def dump(course):
    return gradebook(course), files(course)


def undisturbed(course, ready, folder):
    """Return the gradebook and the files of a course after an undisturbed run."""
    shutil.copytree(course.root, folder)
    other = Course(folder)
    assert [r.error for r in grade(other, ASSIGNMENT, OPTIONS, executor=Ready(ready.judged))] == ["", ""]
    return dump(other)


def finish(course, executor):
    return {r.student: r for r in grade(course, ASSIGNMENT, OPTIONS, executor=executor)}


# --- kill -9 ---


@pytest.mark.parametrize("state", ["fresh", "graded"])
def test_a_run_killed_at_a_write_is_finished_by_the_next_run(request, state, ready, tmp_path):
    (tmp_path / "judged").write_bytes(pickle.dumps(ready.judged))
    request.getfixturevalue(state)
    command = [sys.executable, Path(__file__).with_name("killed.py"), tmp_path, TIMES]
    completed = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert completed.returncode == 0, completed.stderr[-2000:]
    report = json.loads(completed.stdout)
    assert {number: problems for number, problems in report["wrong"].items() if problems} == {}
    assert len(report["wrong"]) > 6
    # One transaction a student, and one in which the assignment is looked up.
    assert report["writes"].count("write COMMIT") == 3


def command_in(course, temporary, *more):
    """Start `autograder grade` in a process that is recognised by its temporary folder."""
    argv = [sys.executable, "-m", "autograder", "--course", course.root, "grade", ASSIGNMENT, "--jobs", "2", *more]
    environment = os.environ | {"TMPDIR": temporary}
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment)


def command_lines(temporary):
    """Return the command lines of all processes below a command with this temporary folder."""
    lines = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            if temporary in line or process.environ().get("TMPDIR") == temporary:
                lines.append(line)
        except psutil.Error:
            continue
    return lines


@pytest.mark.parametrize("moment", ["while judging", "after recording one"])
def test_a_killed_command_leaves_no_process_and_is_finished_by_the_next(course, sandbox, judged_course, moment):
    options = "--json", "--sandbox", sandbox
    temporary = tempfile.mkdtemp(prefix="cr", dir="/tmp")
    path = course.path("submitted", ASSIGNMENT, "ada") / "softmax.ipynb"
    work = path.read_text(encoding="utf-8")
    if moment == "while judging":
        with open(course.root / CONFIG, "a", encoding="utf-8") as config:
            config.write("get_config().Limits.cell_seconds = get_config().Limits.notebook_seconds = 900.0\n")
        slow = work.replace("import numpy as np", "import time; time.sleep(900); import numpy as np", 1)
        path.write_text(slow, encoding="utf-8")
    first = command_in(course, temporary, *options)
    reached = (lambda: sleeping(temporary)) if moment == "while judging" else (lambda: journaled(course))
    assert wait_until(lambda: reached() or first.poll() is not None)
    assert first.poll() is None, first.communicate()
    first.kill()
    first.communicate()
    assert wait_until(lambda: not command_lines(temporary)), command_lines(temporary)
    path.write_text(work, encoding="utf-8")
    output, errors = command_in(course, temporary, *options).communicate()
    assert {r["student"]: (r["score"], r["error"]) for r in json.loads(output)} == points(judged_course[1]), errors
    assert os.listdir(temporary) == []
    assert sorted(os.listdir(course.root / ".autograder")) == [".lock", ASSIGNMENT]
    os.rmdir(temporary)


def sleeping(temporary):
    return any("ipykernel_launcher" in line for line in command_lines(temporary))


def journaled(course):
    return any(journal.read(course, ASSIGNMENT, student) for student in STUDENTS)


def points(judged):
    return {name: (sum(v.score for v in graded.verdicts["softmax"]), "") for name, graded in judged.items()}


# --- locks, read-only folders and full disks ---


def test_a_locked_gradebook_costs_nothing(graded, ready, tmp_path):
    expected = undisturbed(graded, ready, tmp_path / "other")
    graded.directory.db_url += "?timeout=0.2"
    before, writer = gradebook(graded), sqlite3.connect(graded.root / "gradebook.db", isolation_level=None)

    class Locks(Ready):
        def submit(self, *arguments):
            if not self.students:
                writer.execute("BEGIN EXCLUSIVE")
            return super().submit(*arguments)

    results = finish(graded, Locks(ready.judged))
    message = (
        "judged but not recorded: gradebook: expected to be free for reading and writing, got 'database is locked'"
    )
    assert all(r.error.startswith(message) for r in results.values())
    writer.rollback()
    assert gradebook(graded) == before
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradingError, match="database is locked"):
        finish(graded, ready)
    writer.close()
    second_results = finish(graded, ready)
    assert ([r.error for r in second_results.values()], ready.students) == (["", ""], [])
    assert dump(graded) == expected


def in_bwrap(arguments, script, *parameters):
    """Run a shell script in a bubblewrap with these mounts; return its standard output and standard error."""
    command = ["bwrap", "--dev-bind", "/", "/", "--die-with-parent", *arguments, "sh", "-c", script, "sh"]
    completed = subprocess.run([*command, *map(str, parameters)], capture_output=True, encoding="utf-8", check=False)
    return completed.stdout, completed.stderr


GRADE = f'"$1" -m autograder --course "$2" grade {ASSIGNMENT} --sandbox "$3" --jobs 2'


def test_folders_that_are_read_only_cost_nothing(graded, ready, sandbox, bwrap, tmp_path):
    before = gradebook(graded)
    outputs = dict.fromkeys(("autograded", "."), "")
    for name in outputs:
        place = graded.root / name
        output, errors = in_bwrap(["--ro-bind", place, place], GRADE, sys.executable, graded.root, sandbox)
        outputs[name] = output + errors
        assert "Traceback" not in outputs[name]
        assert gradebook(graded) == before
    assert outputs["autograded"].count("judged but not recorded: ") == 2
    assert "Read-only file system" in outputs["autograded"]
    assert "autograder: .autograder: expected a folder that can be written" in outputs["."]
    results = grade(graded, ASSIGNMENT, Options(sandbox), executor=Ready({}))
    assert [r.error for r in results] == ["", ""]
    finish(graded, ready)


@pytest.mark.parametrize("room", [0, 56])
def test_a_full_disk_costs_nothing(graded, ready, sandbox, bwrap, tmp_path, room):
    """room: free kilobytes: none, or enough for the verdicts but not for the grades."""
    place, first, last = tmp_path / "disk", tmp_path / "first", tmp_path / "last"
    place.mkdir()
    script = f"""
        cp -r "$4/." "$2" && head -c {room}k /dev/zero > "$2/room" && cat /dev/zero > "$2/filler" 2>/dev/null
        rm "$2/room"; {GRADE}; echo "first ended with $?"
        cp -r "$2/." "$5"; rm "$2/filler" "$5/filler"; {GRADE}; echo "last ended with $?"
        cp -r "$2/." "$6"
    """
    disk = ["--size", str(8 * 2**20), "--tmpfs", place]
    for folder in (first, last):
        folder.mkdir()
    output, errors = in_bwrap(disk, script, sys.executable, place, sandbox, graded.root, first, last)
    assert "Traceback" not in errors
    assert "first ended with 1" in output, (output, errors)
    assert "No space left on device" in output + errors or "is full" in output + errors
    assert "last ended with 0" in output
    before, after = gradebook(graded), gradebook(Course(last))
    assert all(rows in (before[name], after[name]) for name, rows in gradebook(Course(first)).items())
    finish(graded, Ready(ready.judged))
    assert after == gradebook(graded)


def test_a_full_disk_while_judging_costs_no_grade(graded):
    before = gradebook(graded)

    class Full:
        def submit(self, *_):
            job = Future()
            job.set_exception(OSError(errno.ENOSPC, "No space left on device"))
            return job

    assert all("No space left on device" in r.error for r in finish(graded, Full()).values())
    assert gradebook(graded) == before


def test_an_interrupt_while_recording_leaves_everything_as_it_was(graded, ready, monkeypatch):
    from nbgrader.preprocessors import AssignLatePenalties

    def stops(self, nb, resources):
        raise KeyboardInterrupt

    before = gradebook(graded), sorted(files(graded)[1])
    with monkeypatch.context() as patched:
        patched.setattr(AssignLatePenalties, "preprocess", stops)
        with pytest.raises(KeyboardInterrupt):
            finish(graded, ready)
    assert (gradebook(graded), sorted(files(graded)[1])) == before
    assert [r.error for r in finish(graded, ready).values()] == ["", ""]
    assert ready.students.count("ada") == 1


@pytest.mark.parametrize("place", ["the move", "the commit"])
def test_a_failure_in_the_last_step_is_undone(graded, ready, monkeypatch, place):
    before = dump(graded)

    def move_fails(source, target):
        if Path(target).name == ASSIGNMENT:
            raise OSError(errno.ENOSPC, "No space left on device")
        return move(source, target)

    def commit_fails(transaction):
        commits.append(transaction)
        if len(commits) > 1:  # the first one is that of the assignment
            raise OSError(errno.ENOSPC, "No space left on device")
        return commit(transaction)

    move, commit, commits = shutil.move, RootTransaction.commit, []
    with monkeypatch.context() as patched:
        if place == "the move":
            # What is moved back comes from the folder "old".
            patched.setattr(shutil, "move", lambda a, b: (move if Path(a).name == "old" else move_fails)(a, b))
        else:
            patched.setattr(RootTransaction, "commit", commit_fails)
        results = finish(graded, ready)
    assert all("No space left on device" in r.error for r in results.values())
    assert gradebook(graded) == before[0]
    assert autograded(files(graded)) == autograded(before[1])
    assert [r.error for r in finish(graded, ready).values()] == ["", ""]


def autograded(dumped_files):
    return {name: data for name, data in dumped_files[1].items() if name.startswith("autograded/")}


# --- concurrency and memory ---


def test_two_commands_do_not_grade_one_course_at_once(course, ready, monkeypatch):
    monkeypatch.setattr("autograder.course.lock.PATIENCE_SECONDS", 0)
    with locked(course), pytest.raises(GradingError, match="only `autograder` at work"):
        finish(course, ready)
    assert [r.error for r in finish(course, ready).values()] == ["", ""]


def test_only_a_few_submissions_are_in_memory_at_a_time(course, ready):
    for number in range(7):
        shutil.copytree(course.root / "submitted/ada", course.root / f"submitted/s{number}")
    most = 0

    class Counts(Ready):
        def submit(self, *arguments):
            nonlocal most
            job = super().submit(*arguments)
            most = max(most, len(self.students) - len(results))
            return job

    executor = Counts(dict.fromkeys([*STUDENTS, *(f"s{n}" for n in range(7))], ready.judged["ada"]))
    results = []
    for result in grade(course, ASSIGNMENT, OPTIONS, executor=executor):
        results.append(result)
    assert (len(results), most) == (9, 2)


def kill_self():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_or_hangs_costs_only_its_own_job():
    with pool(2) as executor:
        jobs = [submit(executor, PATIENCE, pow, 2, 3), submit(executor, PATIENCE, kill_self)]
        jobs += [submit(executor, 1, time.sleep, PATIENCE)]
        jobs += [submit(executor, PATIENCE, os.getpid) for _ in range(3)]
        with pytest.raises(ProcessExpired):
            jobs[1].result()
        with pytest.raises(TimeoutError):
            jobs[2].result()
        assert jobs[0].result() == 8
        assert len({job.result() for job in jobs[3:]}) == 3


@pytest.mark.parametrize(
    ("error", "message"), [(ProcessExpired("x"), "the process that judged it ended"), (TimeoutError(), "took longer")]
)
def test_a_submission_whose_worker_ends_gets_an_error(course, ready, error, message):
    class Breaks(Ready):
        def submit(self, *arguments):
            job = super().submit(*arguments)
            if self.students[-1] == "ada":
                job = Future()
                job.set_exception(error)
            return job

    results = finish(course, Breaks(ready.judged))
    assert results["ada"].error.startswith("it could not be judged: ")
    assert message in results["ada"].error
    assert (results["ada"].score, results["ben"].error) == (0, "")


# --- files of submissions ---


def test_an_invalid_timestamp_does_not_stop_the_recording(course, ready):
    (course.path("submitted", ASSIGNMENT, "ada") / "timestamp.txt").write_text("when I was ready", encoding="utf-8")
    result = finish(course, ready)["ada"]
    assert (result.error, list(result.notes)) == ("", ["files"])


def register_again(course):
    with locked(course), course.transaction():
        register(course, ASSIGNMENT)


def change_questions(course, change):
    """Change the source: max_norm has manual points in the place of kl_divergence."""
    path = course.path("source", ASSIGNMENT) / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    by_id = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    question = by_id["softmax-q1"]
    if change == "a notebook":
        nbformat.write(notebook, path.with_name("more.ipynb"))
    elif change == "added":
        notebook.cells.append(nbformat.from_dict(question | {"id": "more"}))
        notebook.cells[-1].metadata.nbgrader = question.metadata.nbgrader | {"grade_id": "more"}
    elif change == "renamed":
        question.metadata.nbgrader["grade_id"] = "other"
    else:
        name = {"removed": "kl_divergence", "removed, with points by hand": "max_norm"}[change]
        notebook.cells = [cell for cell in notebook.cells if cell not in (by_id[name], by_id[f"test_{name}"])]
    nbformat.write(notebook, path)


@pytest.mark.parametrize("tool", ["autograder", "nbgrader"])
@pytest.mark.parametrize("change", ["added", "removed", "renamed"])
def test_questions_may_change_after_grading_and_manual_points_stay(graded, ready, tool, change):
    change_questions(graded, change)
    if tool == "autograder":
        register_again(graded)
    else:
        api = graded.nbgrader(GenerateAssignment={"post_convert_hook": lambda **_: None})
        assert api.generate_assignment(ASSIGNMENT, force=True)["success"]
    with Gradebook(graded.directory.db_url) as book:
        for student in STUDENTS:
            notebook = book.find_submission_notebook("softmax", ASSIGNMENT, student)
            names = {cell.name for cell in notebook.notebook.grade_cells}
            assert {grade.cell.name for grade in notebook.grades} == names
            assert len(notebook.grades) == len(names)
            assert {c.cell.name for c in notebook.comments} == {c.name for c in notebook.notebook.solution_cells}
        assert ("test_kl_divergence" in names, "more" in names, "other" in names) == (
            change != "removed", change == "added", change == "renamed"
        )  # fmt: skip
        place = "softmax", ASSIGNMENT, "ada"
        assert book.find_grade("test_max_norm", *place).manual_score == 1.5
        assert book.find_comment("max_norm", *place).manual_comment == "Seen by hand."
        assert book.find_grade("test_regularization", *place).auto_score is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("a notebook", f"run `nbgrader db assignment remove {ASSIGNMENT} --force`"),
        (
            "removed, with points by hand",
            r"expected max_norm, test_max_norm in softmax\.ipynb.* clear them in formgrader",
        ),
    ],
)
def test_a_change_that_would_lose_manual_points_is_refused_with_advice(graded, change, message):
    change_questions(graded, change)
    before = gradebook(graded)
    with pytest.raises(UsageError, match=message):
        register_again(graded)
    assert gradebook(graded) == before


def test_the_points_of_a_question_may_change_after_grading(graded):
    path = graded.path("source", ASSIGNMENT) / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata.nbgrader["points"] = 5
    nbformat.write(notebook, path)
    before = gradebook(graded)
    register_again(graded)
    assert gradebook(graded) == before


def test_other_files_are_copied_to_autograded_as_nbgrader_does(course, ready):
    folder = course.path("submitted", ASSIGNMENT, "ada")
    (course.path("source", ASSIGNMENT) / "given.py").write_text("the instructor's", encoding="utf-8")
    carried = {
        "submission_secret.txt": b"5ec2e7",
        "data/x.csv": b"1,2",
        "given.py/inside": b"",
        "[ab]*.txt": b"\xff",
        "x" * 250: b"",
    }
    left_out = {
        "page.html": b"<script>",
        "a.SVG": b"<svg>",
        "old.ipynb": b"{}",
        "x.pyc": b"",
        "feedback/x.txt": b"",
        "__pycache__/a": b"",
    }
    for name, data in (carried | left_out).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "link.txt").symlink_to(course.root / "nbgrader_config.py")
    (folder / "timestamp.txt").write_bytes(b"\xef\xbb\xbf2026-01-02T03:04:05Z\r\n")
    assert finish(course, ready)["ada"].error == ""
    place = course.path("autograded", ASSIGNMENT, "ada")
    files = read_folder(place)
    assert files.pop("timestamp.txt") == b"2026-01-02 03:04:05.000000 UTC"
    assert files.pop("given.py") == b"the instructor's"
    del carried["given.py/inside"]
    released = course.released_files(ASSIGNMENT)
    assert {name: data for name, data in files.items() if name not in released} == carried
    assert {(place / name).stat().st_mode & 0o777 for name in files} == {0o444}
    # What was judged but not recorded by another run is recorded with its files, too.
    shutil.rmtree(place)
    with locked(course):
        entry = journal.read(course, ASSIGNMENT, "ada")
        notebooks = {"softmax": ready.judged["ada"].notebooks["softmax"]}
        journal.write(course, ASSIGNMENT, "ada", replace(entry, notebooks=notebooks, recorded=False))
    finish(course, ready)
    assert read_folder(place)["data/x.csv"] == b"1,2"
    assert ready.students.count("ada") == 1


NAMES = ("o'neil", "100%", "a b", "{student_id}", "$HOME", "..c", "ünal", "-x", "a,b", "x" * 100)


def test_odd_names_are_recorded_or_refused(course, ready):
    refused = ('the "best"', "<b>", "[ab]*", "*", "?", "new\nline", " spaced ", os.fsdecode(b"\xff"), "y" * 253)
    for name in (*NAMES, *refused):
        shutil.copytree(course.root / "submitted/ada", course.root / "submitted" / name)
    results = finish(course, Ready(dict.fromkeys([*STUDENTS, *NAMES, *refused], ready.judged["ada"])))
    assert {name for name, r in results.items() if r.error} == set(refused)
    assert all(len(r.error.splitlines()) <= 1 for r in results.values())
    assert set(gradebook(course)) == {*STUDENTS, *NAMES}
    assert {p.name for p in (course.root / "autograded").iterdir()} == {*STUDENTS, *NAMES}


def test_the_entry_of_another_version_is_judged_again(course, ready):
    finish(course, ready)
    for student in STUDENTS:
        entry = journal.read(course, ASSIGNMENT, student)
        path = course.root / ".autograder" / ASSIGNMENT / f"{student}.json"
        path.write_text(json.dumps({"stamp": entry.stamp}), encoding="utf-8")
    finish(course, ready)
    assert ready.students == [*STUDENTS, *STUDENTS]


def test_an_unrecorded_entry_of_other_work_is_judged_again(course, ready):
    finish(course, ready)
    with locked(course):
        entry = journal.read(course, ASSIGNMENT, "ada")
        journal.write(course, ASSIGNMENT, "ada", replace(entry, stamp="of other work", recorded=False))
    finish(course, ready)
    assert ready.students == [*STUDENTS, "ada"]

"""A course whose gradebook is in PostgreSQL, with a real server: the round, two machines at once, kills, errors."""

import csv
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import killed
import nbgrader.api
import pytest
import sqlalchemy
from machine import wait_until
from nbgrader.api import Gradebook
from postgres_server import programs, server
from small_course import ASSIGNMENT, POINTS, make_course, write_submission

from autograder.__main__ import main
from autograder.course.folder import Course
from autograder.course.lock import locked
from autograder.course.postgres import TRANSACTION, _keys
from autograder.course.release import release
from autograder.errors import GradingError
from autograder.grading.submission import Options, grade_submission
from autograder.submission.files import read_submission

pytest.importorskip("psycopg")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(programs() is None, reason="initdb and pg_ctl of PostgreSQL are not installed"),
]
STUDENTS = ["ada", "bob"]
SCORE = sum(POINTS.values())
ONLY = (
    "autograder: course: expected to be the only `autograder` at work on it, found another; wait until it has ended\n"
)


@pytest.fixture(scope="module")
def database():
    with server() as started:
        yield started


@pytest.fixture(scope="module")
def original(root, tmp_path_factory):
    """A course with two submissions, whose gradebook is still a file."""
    course = make_course(root, tmp_path_factory.mktemp("original") / "course")
    for student in STUDENTS:
        write_submission(course, student)
    return course


@pytest.fixture
def course(database, original, tmp_path):
    database.create("course")
    return database.course(original.root, tmp_path / "course", "course")


def autograder(course, sandbox, *arguments):
    command = [sys.executable, "-m", "autograder", "--course", str(course.root), *arguments]
    return subprocess.Popen(
        [*command, "--sandbox", sandbox], encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def scores(course):
    with Gradebook(course.directory.db_url) as gradebook:
        found = gradebook.assignment_submissions(ASSIGNMENT) if gradebook.assignments else []
        return {row.student.id: row.score for row in found}


def test_a_round_and_what_formgrader_and_nbgrader_read(course, sandbox, capsys):
    start = ["--course", str(course.root)]
    assert main([*start, "grade", ASSIGNMENT, "--sandbox", sandbox]) == 0
    assert main([*start, "grade", ASSIGNMENT, "--sandbox", sandbox]) == 0
    assert scores(course) == dict.fromkeys(STUDENTS, SCORE)
    assert not (course.root / "gradebook.db").exists()
    assert main([*start, "report", ASSIGNMENT]) == 0
    assert main([*start, "replay", ASSIGNMENT, "--student", "ada", "--task", "max_norm", "--sandbox", sandbox]) == 0
    assert "the same verdict as recorded" in capsys.readouterr().out
    api = course.nbgrader()
    rows = {row["student"]: row for row in api.get_submissions(ASSIGNMENT)}
    assert {name: row["score"] for name, row in rows.items()} == dict.fromkeys(STUDENTS, SCORE)
    assert [row["needs_manual_grade"] for row in api.get_notebook_submissions(ASSIGNMENT, "softmax")] == [True, True]
    options = {"cwd": course.root, "capture_output": True, "encoding": "utf-8", "check": False}
    for arguments in (
        ["export"],
        ["db", "student", "list"],
        ["autograde", ASSIGNMENT, "--student", "ada", "--force"],
        ["db", "upgrade"],
    ):
        done = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], **options)
        assert done.returncode == 0, (arguments, done.stderr)
    with open(course.root / "grades.csv", encoding="utf-8", newline="") as file:
        found = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert found == dict.fromkeys(STUDENTS, SCORE)
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.find_grade("softmax-q1", "softmax", ASSIGNMENT, "ada").manual_score = 1.5
        gradebook.db.commit()
    assert main([*start, "grade", ASSIGNMENT, "--sandbox", sandbox, "--force", "--student", "ada"]) == 0
    assert scores(course) == {"ada": SCORE + 1.5, "bob": SCORE}


def test_a_release_is_registered(root, database, tmp_path):
    (tmp_path / "original" / "source").mkdir(parents=True)
    shutil.copytree(root / "source" / ASSIGNMENT, tmp_path / "original" / "source" / ASSIGNMENT)
    shutil.copy(root / "nbgrader_config.py", tmp_path / "original")
    database.create("released")
    course = database.course(tmp_path / "original", tmp_path / "course", "released")
    release(course, ASSIGNMENT)
    with Gradebook(course.directory.db_url) as gradebook:
        assert gradebook.find_assignment(ASSIGNMENT).max_score == 100


def test_two_machines_at_once_are_refused_or_right(course, database, original, sandbox, tmp_path):
    other = database.course(original.root, tmp_path / "other", "course")
    with locked(course):
        refused = autograder(other, sandbox, "grade", ASSIGNMENT)
        output, error = refused.communicate()
        assert (output, error[-len(ONLY) :], refused.returncode) == ("", ONLY, 1)
        with pytest.raises(GradingError, match="expected to be the only"), locked(other):
            pass
        elsewhere = Course(other.root)
        elsewhere.directory.course_id = "another-course"
        with locked(elsewhere):
            pass
    runs = [autograder(each, sandbox, "grade", ASSIGNMENT) for each in (course, other)]
    found = [(*run.communicate(), run.returncode) for run in runs]
    assert 0 in [code for *_, code in found], found
    assert all(code == 0 or text.endswith(ONLY) for _, text, code in found), found
    assert scores(course) == dict.fromkeys(STUDENTS, SCORE)


def test_transactions_take_turns_even_where_the_server_has_lost_the_lock(course, database, original, tmp_path):
    other = database.course(original.root, tmp_path / "other", "course")
    waiting = sqlalchemy.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    engine = sqlalchemy.create_engine(course.directory.db_url)

    def add(student):
        with other.transaction() as transaction:
            with other.gradebook() as gradebook:
                gradebook.update_or_create_student(student)
            transaction.commit()

    with engine.connect() as connection, ThreadPoolExecutor(1) as thread, course.gradebook():
        held = sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock, :course)")
        connection.execute(held, _keys(TRANSACTION, course.directory))
        job = thread.submit(add, "eve")
        assert wait_until(lambda: connection.scalar(waiting) == 1)
        connection.rollback()
        job.result()
    engine.dispose()
    with course.gradebook() as gradebook:
        assert [student.id for student in gradebook.students] == ["eve"]


def test_a_killed_run_is_finished_by_the_next(course, database, original, sandbox, tmp_path, monkeypatch):
    # nbgrader asks another process for this when it makes a gradebook, which takes seconds.
    version = nbgrader.api.get_alembic_version()
    monkeypatch.setattr(nbgrader.api, "get_alembic_version", lambda: version)
    released, judged = original.released_files(ASSIGNMENT), {}
    for student in STUDENTS:
        folder = original.path("submitted", ASSIGNMENT, student)
        submitted, _ = read_submission(folder, Options().limits, ["softmax.ipynb"])
        judged[student] = grade_submission(submitted, released, ASSIGNMENT, student, Options(sandbox))
    code, lines = killed.run(course, judged)
    assert code == 0
    writes = [number for number, line in enumerate(lines, 1) if line.startswith("write")]
    assert {"write INSERT", "write UPDATE", "write COMMIT"} <= set(lines)
    assert scores(course) == dict.fromkeys(STUDENTS, SCORE)
    for number in writes[:: max(1, len(writes) // 6)]:
        database.create("killed")
        again = database.course(original.root, tmp_path / "killed", "killed")
        assert killed.run(again, judged, number)[0] == -9
        assert set(scores(again).values()) <= {SCORE}, number
        assert killed.run(again, judged)[0] == 0, number
        assert scores(again) == dict.fromkeys(STUDENTS, SCORE), number


@pytest.mark.parametrize(
    ("what", "got", "advice"),
    [
        ("password", "password authentication failed", "mend c.CourseDirectory.db_url"),
        ("database", "does not exist", "mend c.CourseDirectory.db_url"),
        ("server", "connection to server", "let the server run and answer"),
        ("driver", "No module named", "pip install 'chainrule[postgres]'"),
    ],
)
@pytest.mark.parametrize("command", ["grade", "report", "release"])
def test_an_error_of_the_database_is_one_line(command, what, got, advice, course, database, monkeypatch, capsys):
    urls = {
        "password": database.url("course", "wrong"),
        "database": database.url("nowhere"),
        "server": "postgresql://grader@/course?host=/nowhere",
        "driver": "postgresql+pg8000://grader@/course",
    }
    config = course.root / "nbgrader_config.py"
    with open(config, "a", encoding="utf-8") as file:
        file.write(f"get_config().CourseDirectory.db_url = {urls[what]!r}\n")
    monkeypatch.setattr("autograder.course.release.sync", lambda *_, **__: [])
    assert main(["--course", str(course.root), command, ASSIGNMENT]) in (1, 2)
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("autograder: gradebook: expected ")
    assert got in error
    assert advice in error
    assert "wrong" not in error

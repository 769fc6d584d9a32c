"""A gradebook of an older nbgrader: every command reports it and says how to upgrade it."""

import importlib.resources
import shutil

import pytest

from autograder.__main__ import main
from autograder.course.folder import failure_message

pytestmark = pytest.mark.filterwarnings("ignore")
OLD = importlib.resources.files("nbgrader") / "tests" / "apps" / "files" / "gradebook.db"
ADVICE = "it was made by an older nbgrader: keep a copy of it, then run `nbgrader db upgrade` in the course's folder"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["release", "grade", "report"])
def test_every_command_says_how_to_upgrade_an_old_gradebook(course, command, sandbox, capsys):
    shutil.copytree(course.path("release", "assignment1"), course.path("submitted", "assignment1", "ada"))
    shutil.copy(str(OLD), course.root / "gradebook.db")
    more = ["--sandbox", sandbox] if command == "grade" else []
    assert main(["--course", str(course.root), command, "assignment1", *more]) in (1, 2)
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("autograder: ")
    assert error.endswith(ADVICE)


@pytest.mark.parametrize(
    ("log", "old"),
    [
        ("sqlite3.OperationalError: no such column: assignment.course_id", True),
        ("sqlite3.OperationalError: table grade has no column named extra_credit", True),
        ("sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) column x.y does not exist", True),
        ("sqlite3.OperationalError: database is locked", False),
    ],
)
def test_nbgraders_own_error_gets_the_same_advice(log, old):
    assert failure_message({"log": log}).endswith(ADVICE) == old

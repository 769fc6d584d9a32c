"""Courses, students, files and arguments may have any name: it works, or one line refuses it and nothing is written."""

import csv
import os
import re
import shutil
import subprocess
import sys
from functools import cache

import nbgrader.api
import pytest
from nbgrader.api import Gradebook
from small_course import ASSIGNMENT, POINTS, make_course, write_submission

from autograder.__main__ import main
from autograder.course.folder import Course
from autograder.course.lock import locked
from autograder.course.nbgrader_paths import database_url, glob_course
from autograder.errors import UsageError
from autograder.grading import journal
from autograder.grading.classroom import _require_in_gradebook
from autograder.grading.csv_export import COLUMNS, CsvExport, safe_cell
from autograder.grading.gradebook import record
from autograder.grading.journal import Entry
from autograder.names import printable, require_name
from autograder.pages.feedback import _generate
from autograder.pages.report import write_report

ALL_AT_ONCE = "[CS] what? 100%2F {student_id} *é #=&;"
COURSES = [
    *("feature%2Fx", "what?", "[CS] course", "*", "a#b", "{assignment_id}", "{", "c++", "=1+1", "a@b:c;d,e", "it's"),
    *(
        '"quoted"',
        "`date`",
        "$(date)",
        "~",
        "^",
        "|",
        "a\\b",
        "<b>&amp;",
        " led and trailed ",
        ".hidden.",
        "-rf",
        "a\nb",
    ),
    *("\x1b[31mred", "\u202egnp", "mu\u0308nchen", "m\u00fcnchen", "\U0001f600", os.fsdecode(b"latin-\xe9"), "x" * 255),
    *("CON", "submitted", "%", "%s", "%%", "\ufeff", "sqlite:", ALL_AT_ONCE),
]
WHOLE = ["[CS] course", os.fsdecode(b"latin-\xe9"), ALL_AT_ONCE]  # report and feedback pages, too
STUDENTS = [
    *("=cmd|'calc'!A0", "@SUM(1)", "-1+1", "+49 1", "ann", "Ann", "o'brien", "a,b", "a;=b", "{student_id}", "100%"),
    *("50%2Fx", "a#b", "$HOME", "`x`", "~", "(?P", "-rf", ".dot", "dot.", "mu\u0308ller", "m\u00fcller"),
    *("\U0001f600", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "12345", "CON", "^|!", "x" * 128),
]
REFUSED = [
    *(
        "a*",
        "a?",
        "[a]",
        "<b>",
        "a&b",
        'a"b',
        "a\\b",
        " a",
        "a ",
        "a\nb",
        "\ta",
        "\x1b[31m",
        "\u202eb",
        "\ufeffa",
        "\x7f",
    ),
    *(os.fsdecode(b"jos\xe9"), "x" * 129, "\u00e9" * 126, "\u2028"),
]
FORMULAS = [
    *("=1", "+a", "-a", "@a", "\ta", "\ra", "\na", " =1", "\t=1", '"=1', "' =1", "\ufeff=1", "\u200b=1", "\u00a0=1"),
    *("＝1", "＋a", "－a", "＠a", "a,=1", "a;=1", "a\n=1", "a\t=1", "a; =1", "a|+b", "\x00=1", "=-2", "-2+3"),
]


pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


def controls_terminal(text):
    """Return whether a line holds characters that control a terminal."""
    return printable(text) != text


@pytest.fixture(scope="module")
def base(root, tmp_path_factory):
    """A released course in which ada submitted."""
    course = make_course(root, tmp_path_factory.mktemp("base") / "course")
    write_submission(course, "ada")
    (course.root / "gradebook.db").unlink()
    shutil.rmtree(course.root / ".autograder", ignore_errors=True)
    return course.root


@pytest.fixture(scope="module", autouse=True)
def version():
    """Return the output of `alembic heads`, run once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", cache(nbgrader.api.get_alembic_version))
        yield


def copy_course(base, folder):
    shutil.copytree(base, folder)
    return Course(folder)


def record_students(course, *students):
    """Record students without judging them: a whole round without the sandbox."""
    for student in students:
        text = (course.path("submitted", ASSIGNMENT, student) / "softmax.ipynb").read_text(encoding="utf-8")
        entry = Entry("stamp", {}, {}, {"softmax": text}, None)
        with locked(course):
            _require_in_gradebook(course, ASSIGNMENT)
            record(course, ASSIGNMENT, student, entry, {})
            journal.write(course, ASSIGNMENT, student, entry.done())


def export_scores(course, **options):
    target = course.root / "grades.csv"
    with Gradebook(course.directory.db_url) as gradebook:
        CsvExport(to=str(target), **options).export(gradebook)
    return target


def rows(path, encoding="utf-8"):
    with open(path, encoding=encoding, newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("name", COURSES, ids=ascii)
def test_a_course_may_stand_in_any_folder(base, tmp_path, name):
    course = copy_course(base, tmp_path / name)
    assert course.students(ASSIGNMENT) == ["ada"]
    record_students(course, "ada")
    assert course.path("autograded", ASSIGNMENT, "ada").is_dir()
    assert (course.root / "gradebook.db").is_file()
    if name in WHOLE:
        assert write_report(course, ASSIGNMENT).is_file()
        assert _generate(str(course.root), ASSIGNMENT, "ada") is None
        assert (course.path("feedback", ASSIGNMENT, "ada") / "softmax.html").is_file()
    assert [row["student_id"] for row in rows(export_scores(course))] == ["ada"]
    assert [path.name for path in tmp_path.iterdir()] == [name]  # nothing was made elsewhere


def test_a_course_may_be_reached_by_a_link(base, tmp_path, monkeypatch):
    copy_course(base, tmp_path / "a[b]?")
    (tmp_path / "link%2F").symlink_to("a[b]?")
    monkeypatch.chdir(tmp_path)
    record_students(Course("link%2F"), "ada")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a[b]?", "link%2F"]
    assert (tmp_path / "a[b]?" / "gradebook.db").is_file()


def test_a_course_with_a_variable_in_its_path_is_refused(base, tmp_path, capsys):
    shutil.copytree(base, tmp_path / "$HOME")
    assert main(["--course", str(tmp_path / "$HOME"), "grade", ASSIGNMENT]) == 2
    assert "nbgrader reads" in capsys.readouterr().err


def test_students_may_have_any_name_that_nbgrader_takes(base, tmp_path):
    course = copy_course(base, tmp_path / "course")
    for student in STUDENTS:
        write_submission(course, student)
    record_students(course, *STUDENTS)
    table = rows(export_scores(course))
    assert {row["student_id"] for row in table} == {safe_cell(student) for student in STUDENTS}
    assert all(tuple(row) == COLUMNS and float(row["max_score"]) == sum(POINTS.values()) + 2 for row in table)
    page = write_report(course, ASSIGNMENT).read_text(encoding="utf-8")
    assert "o&#39;brien" in page
    for student in STUDENTS[:3]:
        assert _generate(str(course.root), ASSIGNMENT, student) is None
        assert (course.path("feedback", ASSIGNMENT, student) / "softmax.html").is_file()


def test_refused_names_get_a_line_each_and_affect_nobody_else(base, tmp_path, capsys):
    course = copy_course(base, tmp_path / "course")
    record_students(course, "ada")
    folders = [name for name in REFUSED if len(os.fsencode(name)) < 256]
    for name in folders:
        (course.root / "submitted" / name / ASSIGNMENT).mkdir(parents=True)
    for name in REFUSED:
        with pytest.raises(UsageError, match="nbgrader cannot take it"):
            require_name(name)
    before = sorted(course.root.glob("autograded/*"))
    shutil.rmtree(course.root / "submitted/ada")
    assert main(["--course", str(course.root), "grade", ASSIGNMENT, "--sandbox", "none", "--jobs", "1"]) == 1
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert len(lines) == len(folders)
    assert not [line for line in lines if controls_terminal(line) or "not graded" not in line]
    assert sorted(course.root.glob("autograded/*")) == before
    assert "jos\\udce9" in write_report(course, ASSIGNMENT).read_text(encoding="utf-8")


def test_every_row_of_the_table_has_harmless_cells(base, tmp_path):
    course = copy_course(base, tmp_path / "course")
    record_students(course, "ada")
    with course.gradebook() as gradebook:
        for number, text in enumerate(FORMULAS):
            gradebook.add_student(f"s{number}", first_name=text, last_name=f'{text}"', email=text)
    table = rows(export_scores(course))
    for number, text in enumerate(FORMULAS):
        row = next(row for row in table if row["student_id"] == f"s{number}")
        assert row["first_name"].replace("'", "") == text.replace("'", "").replace("\r", "\n")
        for value in (row["first_name"], row["last_name"], row["email"]):
            for part in re.split(r"[,;|\t\r\n]", value):  # as other programs may split it
                assert not re.match(r"[\s\"\x00\ufeff\u200b]*[=+\-@＝＋－＠]", part), value
            assert not value.startswith(("\t", "\r", "\n"))
        assert row["raw_score"] == row["score"] == "0.0"


@pytest.mark.parametrize("value", ["ada", "", "12345", "-5", "+5", "-1.5", 0.0, -1.0, None, "a=b", "x@y.org", "O'Neil"])
def test_what_is_no_formula_is_exported_as_it_is(value):
    assert safe_cell(value) == value


def test_the_table_can_begin_with_a_byte_order_mark(base, tmp_path):
    course = copy_course(base, tmp_path / "course")
    record_students(course, "ada")
    assert export_scores(course).read_bytes().startswith(b"assignment,")
    marked = export_scores(course, encoding="utf-8-sig")
    assert marked.read_bytes().startswith(b"\xef\xbb\xbfassignment,")
    assert [row["student_id"] for row in rows(marked, "utf-8-sig")] == ["ada"]


@pytest.mark.parametrize(
    "text", ["postgresql://me@host/db?x=%2F", "sqlite:////no/such/gradebook.db?timeout=3", "sqlite:////x/other.db", ""]
)
def test_other_urls_are_left_alone(text):
    assert database_url(text) == text


def test_a_pattern_outside_of_a_course_is_a_pattern(tmp_path):
    (tmp_path / "a").mkdir()
    assert glob_course(f"{tmp_path}/[ab]") == [f"{tmp_path}/a"]


@pytest.fixture(scope="module")
def plain(base, tmp_path_factory):
    return copy_course(base, tmp_path_factory.mktemp("plain") / "course").root


STRANGE = ["", "..", "a/b", "*", "\x1b[31m", "\u202e", "a\nb", os.fsdecode(b"\xe9"), "x" * 300, "-", " ", "$HOME"]
COMMANDS = [
    *(["--course=?", "grade", ASSIGNMENT], ["release", "?"], ["grade", "?"], ["report", "?"], ["sync", "?"]),
    *(["leaks", "?"], ["leaks", "./?"], ["grade", ASSIGNMENT, "--student=?"], ["judge", "./?"], ["judge", "./?.py"]),
    *(["replay", ASSIGNMENT, "--student=?"], ["replay", "?", "--student=ada"], ["replay", "./?.py", "--seed=1"]),
    *(["replay", "./?.json"], ["judge", "./?.py", "--task=?"]),
]


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_missing_file_gets_one_line(plain, monkeypatch, capsys, command, name):
    monkeypatch.chdir(plain)
    if name in ("", "..") and "./?" in command or name == ".." and command == ["leaks", "?"]:
        pytest.skip("that folder is there")
    before = sorted(plain.rglob("*"))
    code = main(
        [
            *([] if command[0].startswith("--course") else ["--course", str(plain)]),
            *(part.replace("?", name) for part in command),
        ]
    )
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert not controls_terminal(captured.err.rstrip("\n"))
    assert sorted(plain.rglob("*")) == before


@pytest.mark.parametrize("name", ["", "file", "x" * 300, "$HOME/x", "file/below", "full"])
def test_a_demo_that_cannot_be_made_gets_one_line(plain, tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept").touch()
    before = sorted(tmp_path.rglob("*"))
    assert main(["--course", str(plain), "demo", f"--folder={name}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_the_whole_round_in_a_course_with_every_odd_character(base, tmp_path, sandbox):
    """The grader's and nbgrader's own commands, with one configuration."""
    course = copy_course(base, tmp_path / ALL_AT_ONCE)
    students = ["ada", "=cmd|'calc'!A0", "a#b%2F {assignment_id}"]
    for student in students[1:]:
        write_submission(course, student)

    def run(*command):
        completed = subprocess.run(
            [sys.executable, "-m", *command], cwd=course.root, capture_output=True, encoding="utf-8", check=False
        )
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    assert run("autograder", "grade", ASSIGNMENT, "--sandbox", sandbox, "--jobs", "1").count(" 12.0 of 14") == 3
    assert run("autograder", "report", ASSIGNMENT).rstrip() == str(course.root / "report" / f"{ASSIGNMENT}.html")
    (course.root / "autograded" / "ada" / ASSIGNMENT / "softmax.ipynb").chmod(0o644)
    run("nbgrader", "autograde", ASSIGNMENT, "--student", "ada", "--force", f"--Execute.sandbox={sandbox}")
    run("nbgrader", "generate_feedback", ASSIGNMENT)
    run("nbgrader", "export")
    run("nbgrader", "db", "upgrade")
    assert {row["student_id"]: row["score"] for row in rows(course.root / "grades.csv")} == {
        safe_cell(student): "12.0" for student in students
    }
    assert len(list(course.root.glob("feedback/*/*/softmax.html"))) == 3
    assert [path.name for path in tmp_path.iterdir()] == [ALL_AT_ONCE]


LOCALES = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"LC_ALL": "en_US.ISO-8859-1", "PYTHONUTF8": "0"},
    "ascii terminal": {"PYTHONIOENCODING": "ascii"},
}


@pytest.mark.parametrize("locale", LOCALES)
def test_names_are_the_same_in_every_locale(base, tmp_path, locale):
    if locale == "latin-1":
        localedef = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(tmp_path / "en_US.ISO-8859-1")]
        if shutil.which("localedef") is None or subprocess.run(localedef, capture_output=True, check=False).returncode:
            pytest.skip("no such locale can be made here")
    course = copy_course(base, tmp_path / "\u00fcn\u00ef")
    write_submission(course, "jos\u00e9")
    record_students(course, "jos\u00e9")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONUTF8", "PYTHONIO"))}
    completed = subprocess.run(
        [sys.executable, "-m", "autograder", "report", ASSIGNMENT],
        cwd=course.root,
        env=environment | LOCALES[locale] | {"LOCPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    shown_as = {"latin-1": b"/\xfcn\xef/report/"}.get(locale, rb"/\xfcn\xef/report/")
    assert shown_as in completed.stdout
    page = (course.root / "report" / f"{ASSIGNMENT}.html").read_text(encoding="utf-8")
    assert "jos\u00e9" in page

"""course.toml: a wrong table gets one line, and the course agrees with its own table."""

import os
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest

from autograder.course.release import release
from autograder.course_table import course_table, read_table
from autograder.errors import UsageError
from autograder.tasks.catalog import TASKS

RIGHT = """
[assignment1]
title = "kNN"
notebooks = ["knn"]
teaches = ["neighbors"]
lessons = ["graphs"]
"""


@pytest.fixture
def table(tmp_path):
    def read_text(text):
        (tmp_path / "course.toml").write_text(text, encoding="utf-8")
        return read_table(tmp_path / "course.toml")

    return read_text


def test_a_right_table_is_read(table):
    row = table(RIGHT)["assignment1"]
    assert (row.title, row.notebooks, row.teaches, row.added_modules) == (
        "kNN",
        ("knn",),
        ("neighbors",),
        ("lessons.graphs",),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("title =", "name ="), "expected one of title, notebooks, teaches, .* in \\[assignment1\\], got name"),
        (('title = "kNN"\n', ""), "expected a title in \\[assignment1\\], got none"),
        (('"kNN"', "3"), "expected a text as the title"),
        (('notebooks = ["knn"]\n', ""), "expected notebooks in \\[assignment1\\], got none"),
        (('["knn"]', '"knn"'), "expected a list of names for notebooks"),
        (('["knn"]', "[1]"), "expected a list of names for notebooks"),
        (('["knn"]', '["knn", "knn"]'), "expected each of the notebooks once, got knn in \\[assignment1\\] and knn"),
        (('["neighbors"]', '["neighbours"]'), "expected modules of chainrule/ in .*, got neighbours"),
        (('["graphs"]', '["graph"]'), "expected modules of chainrule/ in .*, got lessons/graph"),
        (("teaches", 'modules = ["neighbors"]\nteaches'), "expected a module in teaches or in modules, got neighbors"),
        (("teaches", 'data = ["datasets/none.npz"]\nteaches'), "expected files beside chainrule/ for data"),
        (("teaches", 'specs = ["none"]\nteaches'), "expected modules of .*assignment1/ for specs, got none"),
        (("teaches", 'specs = ["svm", "svm"]\nteaches'), "expected each of the specs in .* once, got svm, svm"),
        (("[assignment1]", "[assignment1"), "expected a table in TOML, got "),
        ((RIGHT, ""), "expected a table \\[NAME\\] for each assignment, got none"),
        ((RIGHT, "assignment1 = 3"), "expected a table \\[NAME\\] for each assignment, got assignment1 = 3"),
    ],
)
def test_a_bad_table_gets_one_line(table, change, message):
    assert change[0] in RIGHT
    with pytest.raises(UsageError, match=f"^course.toml: {message}[^\n]*; edit course.toml$"):
        table(RIGHT.replace(*change))


def test_a_missing_table_and_one_in_another_encoding_get_one_line(tmp_path):
    with pytest.raises(UsageError, match="^course.toml: expected a table of the assignments, got No such file"):
        read_table(tmp_path / "course.toml")
    (tmp_path / "course.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="^course.toml: expected a table in TOML, got "):
        read_table(tmp_path / "course.toml")


def test_the_course_has_the_notebooks_of_its_table_and_their_tasks(root):
    for name, row in course_table().items():
        assert {path.stem for path in (root / "source" / name).glob("*.ipynb")} == set(row.notebooks)
    assert [name for name in course_table()] == list(dict.fromkeys(task.assignment for task in TASKS))
    order = [notebook for row in course_table().values() for notebook in row.notebooks]
    assert list(dict.fromkeys(task.notebook for task in TASKS)) == order


def test_the_readme_names_every_assignment_as_the_table_does(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    for row in course_table().values():
        assert row.title in text
        assert all(f"`{notebook}`" in text for notebook in row.notebooks)


def test_a_notebook_that_the_table_does_not_name_is_not_released(course):
    nbformat.write(nbformat.v4.new_notebook(), course.path("source", "assignment1") / "extra.ipynb")
    with pytest.raises(UsageError, match="found extra.ipynb; add it there"):
        release(course, "assignment1")


def test_an_installed_package_brings_its_table_along(root, tmp_path):
    for package in ("autograder", "chainrule"):
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    code = "from autograder import course_table as t; print(t.__file__, *t.course_table())"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run([sys.executable, "-c", code], cwd="/", env=environment, capture_output=True, encoding="utf-8")
    assert run.stdout.split() == [str(tmp_path / "autograder" / "course_table.py"), *course_table()], run.stderr
    setuptools = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert setuptools["package-data"]["autograder"] == ["course.toml"]

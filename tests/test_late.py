"""Late submissions: due dates that change after grading, plug-ins of the course, and their place in table and JSON."""

import json
import shutil
import subprocess
import sys

import pytest
from killed import ASSIGNMENT, Ready
from nbgrader.api import Gradebook
from small_course import NOTEBOOK, make_course, write_submission

from autograder.commands.table import text_table
from autograder.course.folder import Course, read_folder
from autograder.grading.classroom import grade
from autograder.grading.submission import Options, grade_submission

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
PLUGIN = """
from nbgrader.plugins import BasePlugin

class A(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {penalty}
"""


@pytest.fixture(scope="module")
def judged_course(root, sandbox, tmp_path_factory):
    """A course with a submission from noon, and {student: Graded}."""
    course = make_course(root, tmp_path_factory.mktemp("late") / "course")
    write_submission(course, "ada")
    folder = course.path("submitted", ASSIGNMENT, "ada")
    (folder / "timestamp.txt").write_text("2026-01-02 12:00:00 UTC", encoding="utf-8")
    judged = grade_submission(
        read_folder(folder), course.released_files(ASSIGNMENT), ASSIGNMENT, "ada", Options(sandbox)
    )
    return course, {"ada": judged}


@pytest.fixture
def late(judged_course, tmp_path):
    """late(due="11", config_line="...", hours=None): grade at a due date at an hour of the day; return the Result."""
    shutil.copytree(judged_course[0].root, tmp_path / "course")
    executor = Ready(judged_course[1])
    config = (tmp_path / "course" / "nbgrader_config.py").read_text(encoding="utf-8")

    def run(due="11", config_line="c.LateSubmissionPlugin.penalty_method = 'zero'", hours=None):
        (tmp_path / "course" / "nbgrader_config.py").write_text(
            f"{config}\nc = get_config()\n{config_line}\n", encoding="utf-8"
        )
        course = Course(tmp_path / "course")
        with Gradebook(course.directory.db_url) as book:
            book.update_or_create_assignment(ASSIGNMENT, duedate=due and f"2026-01-02 {due}:00:00 UTC")
            if hours is not None:
                book.grant_extension(ASSIGNMENT, "ada", hours=hours)
            book.db.commit()
        (result,) = grade(course, ASSIGNMENT, Options("none"), executor=executor)
        assert executor.students == ["ada"]  # nothing is judged twice
        return result

    run.course = tmp_path / "course"
    return run


def scores(result):
    values = result.as_dict()
    return values["score"], values["raw_score"], values["late_submission_penalty"], values["seconds_late"], result.error


def test_lateness_and_penalty_are_in_the_table_and_the_json(late):
    result = late("11")
    assert scores(result) == (0, 12, 12, 3600, "")
    assert "ada    0.0 of 14  late by 1:00:00, 12 points off" in text_table([result])
    json.dumps(result.as_dict())
    result = late("13")
    assert scores(result) == (12, 12, 0, 0, "")
    assert "late" not in text_table([result])


def test_a_due_date_that_changes_after_grading_changes_the_penalty(late):
    assert scores(late("13")) == (12, 12, 0, 0, "")
    assert scores(late("10")) == (0, 12, 12, 7200, "")
    assert scores(late("10", hours=1)) == (0, 12, 12, 3600, "")
    assert scores(late("10", hours=3)) == (12, 12, 0, 0, "")
    assert scores(late("10", hours=0)) == (0, 12, 12, 7200, "")
    assert scores(late(None)) == (12, 12, 0, 0, "")


def test_another_method_or_more_points_change_the_penalty(late):
    assert scores(late(config_line="")) == (12, 12, 0, 3600, "")
    assert scores(late()) == (0, 12, 12, 3600, "")
    with Gradebook(Course(late.course).directory.db_url) as book:
        book.find_grade("softmax-q1", NOTEBOOK.removesuffix(".ipynb"), ASSIGNMENT, "ada").manual_score = 1
        book.db.commit()
    assert scores(late()) == (0, 13, 13, 3600, "")


def test_a_plugin_in_the_course_folder_is_found(late, tmp_path):
    (late.course / "late_one.py").write_text(PLUGIN.format(penalty="total_seconds_late / 1200"), encoding="utf-8")
    (late.course / "late_two.py").write_text(PLUGIN.format(penalty="1 / 0"), encoding="utf-8")
    use = "c.AssignLatePenalties.plugin_class = 'late_{}.A'".format
    assert scores(late(config_line=use("one"))) == (9, 12, 3, 3600, "")
    failed = late(config_line=use("two")).error
    assert "expected points from the plug-in, got ZeroDivisionError" in failed
    assert "late_none" in late(config_line=use("none")).error
    assert scores(late(config_line=use("one"))) == (9, 12, 3, 3600, "")


def test_the_command_finds_late_py_from_any_folder(late, sandbox, tmp_path):
    late("11", "")
    (late.course / "late.py").write_text(PLUGIN.format(penalty="3"), encoding="utf-8")
    with open(late.course / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("c.AssignLatePenalties.plugin_class = 'late.A'\n")
    arguments = "--course", late.course, "grade", ASSIGNMENT, "--force", "--json", "--sandbox", sandbox
    completed = subprocess.run(
        [sys.executable, "-m", "autograder", *arguments], cwd="/", capture_output=True, encoding="utf-8"
    )
    (result,) = json.loads(completed.stdout)
    assert (completed.returncode, result["score"], result["late_submission_penalty"]) == (0, 9, 3), completed.stderr

"""The whole grading round on the example class, with the real sandbox and nbgrader's gradebook."""

import csv
import json
import re
import shutil
from concurrent.futures import Future

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.commands.table import text_table
from autograder.course.folder import Course
from autograder.course.release import release
from autograder.demo.course import new_course
from autograder.demo.example_class import ROSTER, make_class
from autograder.grading.classroom import grade, pool
from autograder.grading.submission import Options
from autograder.pages.feedback import write_feedback

# One worker runs the round for all tests here; the warnings of nbgrader's database layer are not ours to fix.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
AUTO, MANUAL = 95, 5
BLANK = "not attempted yet"


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    course = new_course(Course(root), tmp_path_factory.mktemp("round") / "course")
    release(course, "assignment1")
    make_class(course, "assignment1")
    return course


@pytest.fixture(scope="module")
def results(course, sandbox):
    with pool(2) as executor:
        results = {r.student: r for r in grade(course, "assignment1", Options(sandbox), executor=executor)}
        problems = write_feedback(course, "assignment1", list(results), executor)
    assert problems == {}
    return results


def lost_points(result):
    """Return {task: (points lost, reason)} of a student."""
    return {
        v["task"]: (v["max"] - v["score"], v["reason"])
        for verdicts in result.verdicts.values()
        for v in verdicts
        if v["score"] < v["max"]
    }


def test_every_student_has_a_verdict_and_a_score_in_the_gradebook(course, results):
    assert set(results) == {student.name for student in ROSTER}
    assert [r.error for r in results.values()] == [""] * len(ROSTER)
    with Gradebook(course.directory.db_url) as gradebook:
        for name, result in results.items():
            submission = gradebook.find_submission("assignment1", name)
            assert submission.score == result.score
            assert submission.max_score == AUTO + MANUAL
            grades = [g for notebook in submission.notebooks for g in notebook.grades]
            assert all(g.auto_score is not None for g in grades if not g.cell.name.endswith("q1")), name


def test_right_work_gets_everything_and_blank_work_nothing(results):
    assert results["ada"].score == AUTO
    assert lost_points(results["ada"]) == {}
    assert results["ada"].manual
    assert results["ben"].score == 0
    assert {reason for _, reason in lost_points(results["ben"]).values()} == {BLANK}


def test_half_done_work_gets_its_points(results):
    assert results["cho"].score == 27
    assert {reason for _, reason in lost_points(results["cho"]).values()} == {BLANK}


@pytest.mark.parametrize("student", [s for s in ROSTER if s.mistakes], ids=lambda s: s.name)
def test_named_mistakes_lose_points_and_are_reported(results, student):
    from autograder.tasks.catalog import of_assignment

    tasks = of_assignment("assignment1")
    losses = lost_points(results[student.name])
    assert set(losses) == {name for name, _ in student.mistakes}
    for name, wrong in student.mistakes:
        message = next(m.message for m in tasks[name].mistakes if m.name == wrong)
        assert message in losses[name][1] or "a loop over N is left" in losses[name][1]


def test_an_endless_loop_costs_its_own_task(results):
    assert set(lost_points(results["hal"])) == {"max_norm"}
    assert "no answer within" in lost_points(results["hal"])["max_norm"][1]
    assert {name: r.timed_out for name, r in results.items() if r.timed_out} == {"hal": ["max_norm"]}


def test_a_timeout_needs_manual_grading(course, results):
    with Gradebook(course.directory.db_url) as gradebook:
        place = "test_max_norm", "softmax", "assignment1"
        assert gradebook.find_grade(*place, "hal").needs_manual_grade
        assert not gradebook.find_grade(*place, "ada").needs_manual_grade


def test_a_dead_kernel_costs_its_own_task(results):
    assert set(lost_points(results["ivy"])) == {"kl_divergence"}
    assert "the process ended" in lost_points(results["ivy"])["kl_divergence"][1]


def test_patching_the_tests_earns_nothing(results):
    assert set(lost_points(results["jon"])) == {"svm_loss_vectorized"}
    assert lost_points(results["jon"])["svm_loss_vectorized"][0] == 6


def test_a_mangled_notebook_keeps_its_honest_points(results):
    assert results["kim"].score == AUTO
    assert any("it was there 2 times" in note for notes in results["kim"].notes.values() for note in notes)


def test_a_truncated_notebook_keeps_the_points_of_its_complete_cells(results):
    losses = lost_points(results["lea"])
    assert 0 < sum(points for points, _ in losses.values()) < 29
    assert {reason for _, reason in losses.values()} == {BLANK}
    assert any("not a sound notebook" in note for note in results["lea"].notes["softmax"])


def test_the_table_gives_a_reason_for_every_lost_point(results):
    table = text_table(list(results.values()))
    for result in results.values():
        for task, (_, reason) in lost_points(result).items():
            assert reason
            assert f"{task} (" in table


# --- what students and instructors see ---


def pages(course, student):
    return {
        p.stem: p.read_text(encoding="utf-8")
        for p in (course.root / "feedback" / student / "assignment1").glob("*.html")
    }


def test_feedback_pages_hold_the_diagnosis(course, results):
    assert set(pages(course, "dee")) == {"knn", "svm", "softmax"}
    assert "the data part of dW is the sum over the images" in pages(course, "dee")["svm"]
    assert "no answer within" in pages(course, "hal")["softmax"]
    assert "The file is not a sound notebook" in pages(course, "lea")["softmax"]


@pytest.mark.parametrize("student", [s.name for s in ROSTER])
def test_feedback_pages_hold_no_hidden_tests_and_no_traces_of_the_grader(course, results, student):
    for page in pages(course, student).values():
        text = re.sub(r"<[^>]+>", "", page)
        for secret in (
            "HIDDEN TESTS",
            "hidden_tests",
            "autograder/",
            "site-packages/chainrule",
            "_check_time",
            "MARK SCHEME",
        ):
            assert secret not in text, secret


def test_feedback_pages_show_the_verdict_as_a_table_and_run_nothing_of_the_students(course, results):
    page = pages(course, "jon")["svm"]
    assert '<th scope="col"' in page
    assert "&lt;b onclick=" in page
    assert "<script>document.title" not in page
    assert "<b onclick" not in page


def test_the_reason_is_the_comment_of_the_solution_cell(course, results):
    with Gradebook(course.directory.db_url) as gradebook:
        comment = gradebook.find_comment("svm_loss_vectorized", "svm", "assignment1", "dee")
        assert "the sum over the images" in comment.auto_comment
        assert gradebook.find_comment("svm_loss_vectorized", "svm", "assignment1", "ada").auto_comment is None


def test_grading_again_judges_only_timeouts_again(course, results, sandbox):
    class Refuses:
        def submit(self, *_):
            raise AssertionError("a submission that did not change was graded again")

    second_results = {r.student: r for r in grade(course, "assignment1", Options(sandbox), executor=Refuses())}
    late = second_results.pop("hal")  # whose time was up
    assert "was graded again" in late.error
    assert {n: (r.score, r.verdicts) for n, r in second_results.items()} == {
        n: (r.score, r.verdicts) for n, r in results.items() if n != "hal"
    }


def test_a_changed_submission_is_graded_again(course, results, sandbox):
    path = course.path("submitted", "assignment1", "ben") / "softmax.ipynb"
    shutil.copy(course.path("submitted", "assignment1", "ada") / "softmax.ipynb", path)
    with pool(1) as executor:
        (result,) = grade(course, "assignment1", Options(sandbox), student="ben", executor=executor)
    assert result.score == 29


def test_a_submission_that_cannot_be_judged_is_reported_and_keeps_its_grade(course, results, sandbox):
    class Breaks:
        def submit(self, *_):
            job = Future()
            job.set_exception(ValueError("out of order"))
            return job

    (result,) = grade(course, "assignment1", Options(sandbox), student="gus", force=True, executor=Breaks())
    assert result.error.startswith("it could not be judged: ValueError: out of order; run this again")
    with Gradebook(course.directory.db_url) as gradebook:
        assert gradebook.find_submission("assignment1", "gus").score == results["gus"].score


def test_plain_nbgrader_takes_the_same_path(course, results, sandbox, monkeypatch):
    monkeypatch.chdir(course.root)
    outcome = course.nbgrader(Execute={"sandbox": sandbox}).autograde("assignment1", "dee", force=True)
    assert outcome["success"], outcome
    with Gradebook(course.directory.db_url) as gradebook:
        assert gradebook.find_submission("assignment1", "dee").score == results["dee"].score
    notebook = nbformat.read(course.path("autograded", "assignment1", "dee") / "svm.ipynb", as_version=4)
    cell = next(
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_svm_loss_vectorized"
    )
    assert [o["output_type"] for o in cell.outputs] == ["execute_result"]
    # The loss is right. What is measured must be right as well, so the work without a loop is not paid here.
    assert cell.outputs[0]["data"]["text/plain"] == "2.8"


def test_plain_nbgrader_repairs_too(course, results, sandbox, monkeypatch):
    monkeypatch.chdir(course.root)
    outcome = course.nbgrader(Execute={"sandbox": sandbox}).autograde("assignment1", "kim", force=True)
    assert outcome["success"], outcome
    with Gradebook(course.directory.db_url) as gradebook:
        assert gradebook.find_submission("assignment1", "kim").score == AUTO


def test_a_hidden_test_in_an_autograded_notebook_does_not_reach_the_page(course, results):
    path = course.path("autograded", "assignment1", "eli") / "svm.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_add_bias")
    cell.source += "\n### BEGIN HIDDEN TESTS\nsecret = 1\n### END HIDDEN TESTS"
    path.chmod(0o644)
    nbformat.write(notebook, path)
    with pool(1) as executor:
        assert write_feedback(course, "assignment1", ["eli"], executor) == {}
    assert "check" in pages(course, "eli")["svm"]
    assert "secret" not in pages(course, "eli")["svm"]


def test_formgraders_page_runs_nothing_of_the_students(course, results):
    from nbconvert import HTMLExporter

    path = course.path("autograded", "assignment1", "jon") / "svm.ipynb"
    page, _ = HTMLExporter(config=course.config).from_filename(str(path))
    assert "<b onclick" not in page
    assert "<script>document.title" not in page


def test_export_has_every_student(course, results, monkeypatch):
    from nbgrader.plugins import CsvExportPlugin

    target = course.root / "grades.csv"
    with Gradebook(course.directory.db_url) as gradebook:
        CsvExportPlugin(to=str(target)).export(gradebook)
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert {row["student_id"] for row in rows} == set(results)
    assert all(float(row["max_score"]) == AUTO + MANUAL for row in rows)


def test_results_are_json(results):
    json.dumps([r.as_dict() for r in results.values()])

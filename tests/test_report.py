"""The class report: its counts, its texts, and that students' input appears as text only."""

import re
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.errors import UsageError
from autograder.grading import journal
from autograder.grading.journal import Entry
from autograder.pages.report import Row, write_report

# The warnings of nbgrader's database layer are not ours to fix.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SUM = "the data part of dW is the sum over the images, expected their mean: divide by N"
TAG = "\"'></td><script>document.title = 'PWNED'</script><img src=x onerror=x>"
ANSWERS = {
    "right": ("right", ""),
    "sum": ("wrong", SUM),
    "off": ("wrong", "loss is 1.5, expected 2"),
    "off too": ("wrong", "loss is 3e-7, expected -4.25"),
    "blank": ("blank", "not attempted yet"),
    "hangs": ("not judged", "no answer within 10 s: is there an endless loop?"),
    "tags": ("wrong", f"raised {TAG}\x1b[31m\x00"),
}


def verdict(answer):
    result, message = ANSWERS[answer]
    score = 6.0 if result == "right" else 0.0
    check = {"name": "loss", "passed": result == "right", "points": 4, "result": result, "message": message}
    consequence = check | {"name": "dW", "points": 2, "message": message and "counts only once a value is right"}
    if result in ("blank", "not judged"):
        consequence = check
    return {"task": "svm_loss", "score": score, "max": 6, "checks": [check, consequence], "seed": 1, "reason": message}


@pytest.fixture
def graded(course):
    """grade({student: answer}): a course whose gradebook and journal hold these."""

    def grade(answers, notes=()):
        with Gradebook(course.directory.db_url) as book:
            book.add_assignment("assignment1")
            book.add_notebook("svm", "assignment1")
            book.add_grade_cell("test_svm_loss", "svm", "assignment1", max_score=6, cell_type="code")
            for student, answer in answers.items():
                book.add_student(student)
                book.add_submission("assignment1", student)
                grade = book.find_grade("test_svm_loss", "svm", "assignment1", student)
                grade.auto_score, grade.needs_manual_grade = verdict(answer)["score"], answer == "hangs"
            book.db.commit()
        course.work_folder.mkdir(parents=True)
        for student, answer in answers.items():
            entry = Entry("stamp", {"svm": [verdict(answer)]}, {"svm": list(notes)}, {}, None, recorded=True)
            journal.write(course, "assignment1", student, entry)
            course.path("submitted", "assignment1", student).mkdir(parents=True)
        return course

    return grade


@pytest.fixture
def report_of(course, monkeypatch):
    """report_of({student: answer}): the report on a gradebook and a journal that would hold these."""

    def show(answers, notes=()):
        rows = [Row(name, verdict(a)["score"], a == "hangs", [verdict(a)], list(notes)) for name, a in answers.items()]
        monkeypatch.setattr("autograder.pages.report._rows", lambda *_: (rows, 6.0))
        return report(course)

    return show


class Page(HTMLParser):
    """The text of a page, and its tags with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.tags, self.attributes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.texts.append("" if tag == "wbr" else " ")
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


def report(course):
    return Page(write_report(course, "assignment1").read_text(encoding="utf-8"))


def test_the_summary_counts_students_and_scores(graded):
    course = graded({"ada": "right", "ben": "sum", "cho": "hangs"})
    course.path("submitted", "assignment1", "dee").mkdir(parents=True)
    text = report(course).text
    assert "graded 3 not graded 1 with questions to be graded by hand 1 mean of 6 points 2 median 0" in text
    assert "lowest to highest 0 to 6" in text
    assert "Submitted, but not graded: dee." in text
    assert "Questions that wait to be graded by hand count as 0 so far." in text


def test_a_task_has_its_points_its_mean_and_its_frequent_reasons(report_of):
    answers = ["right", "right", "sum", "sum", "sum", "off", "off too", "blank", "hangs"]
    text = report_of({f"s{n}": answer for n, answer in enumerate(answers)}).text
    assert "svm_loss 6 1.3 2 of 9 (22%) 1" in text
    # The most frequent first; messages that differ in their numbers are merged; a consequence is no reason.
    assert f"3× {SUM} 2× loss is 1.5, expected 2 Not judged" in text
    assert "counts only once" not in text
    assert "2 checks: no answer within 10 s: is there an endless loop?" in text


def test_a_student_counts_once_whatever_numbers_are_in_the_messages(course, monkeypatch):
    def two_failed_checks(answer):
        judged = verdict(answer)
        return judged | {
            "checks": [judged["checks"][0], judged["checks"][0] | {"message": "loss is 0, expected 17.2577"}]
        }

    row = Row("jon", 0.0, False, [two_failed_checks("off")], [])
    monkeypatch.setattr("autograder.pages.report._rows", lambda *_: ([row], 6.0))
    text = report(course).text
    assert "1× loss is" in text
    assert "2×" not in text


def test_points_given_by_hand_count(graded):
    course = graded({"ada": "right", "ben": "sum", "cho": "off", "dee": "hangs", "eve": "right"})
    with Gradebook(course.directory.db_url) as book:
        for student, points, extra in (("ben", 6, None), ("cho", 4, None), ("dee", 6, 1), ("eve", 2, None)):
            grade = book.find_grade("test_svm_loss", "svm", "assignment1", student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = points, extra, False
        book.db.commit()
    text = report(course).text
    assert "mean of 6 points 5 median 6" in text
    assert "svm_loss 6 5 3 of 5 (60%) 0 1× loss is 1.5, expected 2 Every check was judged." in text.replace(
        "Not judged ", ""
    )
    assert SUM not in text
    assert "ben 6 done cho 4 done svm_loss (0 of 6, by hand 4): loss is 1.5, expected 2 dee 7 done eve 2 done" in text
    assert "eve 2 done svm_loss (6 of 6, by hand 2): changed by hand" in text


def test_lateness_and_its_penalty_are_shown(graded):
    course = graded({"ada": "right", "ben": "right", "cho": "sum"})
    assert "late" not in report(course).text
    with Gradebook(course.directory.db_url) as book:
        book.update_or_create_assignment("assignment1", duedate="2026-01-02 00:00:00 UTC")
        for student, time in (("ada", "2026-01-03 01:00:00 UTC"), ("ben", "2026-01-02 00:01:00 UTC")):
            book.update_or_create_submission("assignment1", student, timestamp=time)
        book.find_submission_notebook("svm", "assignment1", "ada").late_submission_penalty = 6
        book.db.commit()
    text = report(course).text
    assert "late 2 mean of 6 points 2 " in text
    assert "ada 0 done late by 1 day, 1:00:00, 6 points off ben 6 done late by 0:01:00, no penalty cho 0 done" in text


def test_every_student_has_a_row_with_reasons_and_notes(graded):
    page = report(graded({"ada": "right", "ben": "sum"}, notes=["cell q1 was missing"]))
    assert "student points by hand reasons and notes ada 6 done svm: cell q1 was missing" in page.text
    assert f"ben 0 done svm_loss (0 of 6): {SUM} svm: cell q1 was missing" in page.text
    assert "Every check was judged." in page.text


def test_plots_are_in_the_page_and_described(report_of):
    page = report_of({"ada": "right", "ben": "sum"})
    pictures = [value for name, value in page.attributes if name == "src"]
    assert [p.startswith("data:image/png;base64,iVBOR") for p in pictures] == [True, True]
    assert [value for name, value in page.attributes if name == "alt"] == [
        "Histogram of the scores: 1 with 0 to 0.6 points, 1 with 5.4 to 6 points",
        "Mean share of the points of each task: svm_loss 50%",
    ]


def test_html_in_messages_notes_and_names_is_text(report_of):
    name = TAG.replace("/", "")
    page = report_of({name: "tags"}, notes=[TAG])
    assert {"script", "form", "iframe", "link"} & set(page.tags) == set()
    assert page.tags.count("img") == 2
    assert {attribute for attribute, _ in page.attributes if attribute.startswith("on")} == set()
    assert f"{name} 0 done svm_loss (0 of 6): raised {TAG} {TAG}" in page.text
    assert not set("\x00\x1b") & set(page.text)


def test_the_page_fetches_nothing_and_can_be_read_aloud(report_of):
    page = report_of({"ada": "right"})
    assert page.tags.count("th") == [name for name, _ in page.attributes].count("scope") > 0
    assert "link" not in page.tags
    assert ("http-equiv", "Content-Security-Policy") in page.attributes
    assert any((value or "").startswith("default-src 'none'; style-src") for _, value in page.attributes)
    assert not re.search(r"url\(|@import|https?://", page.text)


def test_a_student_whom_nbgrader_graded_alone_is_in_the_report(graded, course):
    graded({"ada": "right", "ben": "sum"})
    (course.work_folder.parent / "assignment1" / "ben.json").unlink()
    assert "graded 1 not graded 1" in report(course).text
    folder = course.path("autograded", "assignment1", "ben")
    folder.mkdir(parents=True)
    cells = [new_code_cell("check(svm_loss)", metadata={"chainrule": verdict("sum")}), new_code_cell("1")]
    nbformat.write(new_notebook(cells=cells), folder / "svm.ipynb")
    text = report(course).text
    assert "graded 2 not graded 0" in text
    assert f"1× {SUM}" in text


def test_a_submission_judged_but_not_recorded_is_not_graded(graded, course):
    graded({"ada": "right", "ben": "sum"})
    entry = Entry("stamp", {"svm": [verdict("sum")]}, {}, {}, None, recorded=False)
    journal.write(course, "assignment1", "ben", entry)
    assert "graded 1 not graded 1" in report(course).text


def test_a_class_of_three_hundred(report_of):
    kinds = list(ANSWERS)
    text = report_of({f"student{n:03}": kinds[n % len(kinds)] for n in range(300)}).text
    assert "graded 300 not graded 0" in text
    assert "student299 0 to do" in text


def test_no_grades_or_no_such_assignment_is_said_in_one_line(course, capsys):
    with pytest.raises(UsageError, match="expected graded students, found none; run `autograder grade assignment1`"):
        write_report(course, "assignment1")
    assert main(["--course", str(course.root), "report", "assignment1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(UsageError, match="expected one in source/"):
        write_report(course, "assignment9")

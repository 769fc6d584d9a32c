"""Write the grades as a table that a spreadsheet opens as text and numbers, never as formulas: `CsvExport`.

Students choose some of its texts, and a spreadsheet runs a cell that begins like a formula. `safe_cell` prevents that.
"""

import csv
import re

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

__all__ = ["COLUMNS", "CsvExport", "safe_cell"]

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
# A program may split cells at another character than a comma, drop spaces and quotes, and fold wide letters.
BLANK = r"\s\"'`\x00-\x20\x7f\ufeff\u200b-\u200f\u2060"
FORMULA = re.compile(rf"(?:^|[,;|\t\n])(?=[{BLANK}]*[=+\-@＝＋－＠])|^(?=[\t\n])")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


class CsvExport(ExportPlugin):
    """`nbgrader export`: the columns of nbgrader's own exporter, a row for each student of each assignment."""

    encoding = Unicode("utf-8", help="utf-8-sig writes a byte order mark, by which Excel knows UTF-8").tag(config=True)

    def export(self, gradebook):
        path = self.to or "grades.csv"
        assignments, students = set(map(str, self.assignment)), set(map(str, self.student))
        self.log.info("Exporting grades to %s", path)
        rows = [
            _row(gradebook, assignment, student)
            for assignment in gradebook.assignments
            if not assignments or assignment.name in assignments
            for student in gradebook.students
            if not students or student.id in students
        ]
        with open(path, "w", encoding=self.encoding, newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows([COLUMNS, *(map(safe_cell, row) for row in rows)])


def safe_cell(value):
    """Return a text with an apostrophe before everything that could begin a formula; return other values unchanged.

    Spreadsheets show a cell that begins with an apostrophe as text.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")  # the module csv does not quote a lone CR
    return text if NUMBER.fullmatch(text) else FORMULA.sub(r"\g<0>'", text)


def _row(gradebook, assignment, student):
    """The cells of a row. A student without a submission has 0 points."""
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
        timestamp, score, penalty = submission.timestamp, submission.score, submission.late_submission_penalty
    except MissingEntry:
        timestamp, score, penalty = None, 0.0, 0.0
    student_cells = student.id, student.last_name, student.first_name, student.email
    scores = score, penalty, max(0.0, score - penalty), assignment.max_score
    return assignment.name, assignment.duedate, timestamp, *student_cells, *scores

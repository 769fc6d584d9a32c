"""The report on a class: its points in an assignment and its most frequent mistakes. `write_report` writes it.

The page report/ASSIGNMENT.html contains its plots and needs no network and no scripts. Texts of students are escaped.
"""

import base64
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from statistics import mean, median

import nbformat
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape
from matplotlib.figure import Figure
from nbgrader.api import MissingEntry

from autograder.errors import UsageError
from autograder.grading import journal
from autograder.grading.points import earned, points_of, summary_line, with_manual_points
from autograder.names import printable
from autograder.sandbox.outputs import clean_text
from chainrule.judging.verdict import NO_VALUE, NOT_ATTEMPTED

__all__ = ["write_report"]

REASONS_SHOWN = 4
BINS = 10
BLUE, GREY = "#3b6ea5", "#c9ced6"
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


@dataclass
class Task:
    """The results of a class in a task. blank: how many did not attempt it; reasons: {message: number of students}."""

    name: str
    points: float
    scores: list = field(default_factory=list)
    blank: int = 0
    reasons: Counter = field(default_factory=Counter)

    @property
    def full(self):
        return sum(score >= self.points for score in self.scores)

    @property
    def mean(self):
        return mean(self.scores)

    @property
    def share(self):
        return self.mean / self.points if self.points else 0.0

    def common(self):
        """The most frequent reasons with their counts."""
        return self.reasons.most_common(REASONS_SHOWN)


@dataclass(frozen=True)
class Row:
    """A student of the report. verdicts: [dict of a verdict]; notes: [message]; late: how late, or ""."""

    student: str
    score: float
    manual: bool
    verdicts: list
    notes: list
    late: str = ""

    @property
    def timed_out(self):
        """The tasks that lost points because time was up."""
        return [v["task"] for v in self.verdicts if v.get("timed_out")]

    @property
    def reasons(self):
        """A line for every reason, with the tasks that lost points for it."""
        tasks = {}
        for task, reason in filter(None, map(summary_line, self.verdicts)):
            tasks.setdefault(reason, []).append(task)
        return [f"{', '.join(names)}: {reason}" for reason, names in tasks.items()]


def write_report(course, assignment):
    """Write the report on a graded assignment; return its path. Raises UsageError if no student is graded."""
    course.require(assignment)
    rows, points = _rows(course, assignment)
    if not rows:
        raise UsageError(f"report: expected graded students, found none; run `autograder grade {assignment}` first")
    tasks, unjudged = _tasks(rows), _unjudged(rows)
    scores = [row.score for row in rows]
    names = {row.student for row in rows}
    page = _template().render(
        assignment=assignment,
        date=datetime.now().strftime("%d %B %Y, %H:%M"),
        rows=rows,
        points=points,
        summary={"mean": mean(scores), "median": median(scores), "lowest": min(scores), "highest": max(scores)},
        missing=[printable(name) for name in course.students(assignment) if name not in names],
        manual=sum(row.manual for row in rows),
        timed_out=[(row.student, row.timed_out) for row in rows if row.timed_out],
        tasks=tasks,
        unjudged=_merge_numbers(unjudged).most_common(),
        histogram=_histogram(scores, points),
        bars=_bars(tasks) if tasks else None,
    )
    path = course.root / "report" / f"{assignment}.html"
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
    return path


def _template():
    pages = Environment(
        loader=PackageLoader("autograder.pages.sanitize", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    pages.filters["readable"] = lambda message: clean_text(message, colours=False)
    pages.filters["points"] = lambda value: f"{round(value, 1):g}"
    pages.filters["percent"] = lambda part: f"{part:.0%}"
    pages.filters["breakable"] = lambda name: Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(name))))
    return pages.get_template("report.html.j2")


def _rows(course, assignment):
    """Return ([Row], points of the assignment): a row for each student with a grade in the gradebook."""
    rows = []
    with course.gradebook() as gradebook:
        try:
            points = float(gradebook.find_assignment(assignment).max_score)
        except MissingEntry:
            return [], 0.0
        for submission in gradebook.assignment_submissions(assignment):
            student = submission.student.id
            graded = _verdicts_and_notes(course, assignment, student)
            if graded is not None:
                earned_points, (verdicts, notes) = points_of(submission), graded
                verdicts = with_manual_points(verdicts, earned_points.by_hand)
                rows.append(
                    Row(student, earned_points.score, earned_points.manual, verdicts, notes, earned_points.late)
                )
    return sorted(rows, key=lambda row: row.student), points


def _verdicts_and_notes(course, assignment, student):
    """Return ([verdict], [note]) of a student from the journal, or from `nbgrader autograde`; None if not graded."""
    entry = journal.read(course, assignment, student)
    if entry is not None:
        notes = [f"{name}: {note}" for name, texts in entry.notes.items() for note in texts]
        return ([v for verdicts in entry.verdicts.values() for v in verdicts], notes) if entry.recorded else None
    paths = sorted(course.path("autograded", assignment, student).glob("*.ipynb"))
    cells = [cell for path in paths for cell in nbformat.read(path, as_version=4).cells]
    return ([cell.metadata["chainrule"] for cell in cells if "chainrule" in cell.metadata], []) if paths else None


def _tasks(rows):
    """Return the Tasks in the order of the assignment."""
    tasks = {}
    for row in rows:
        for verdict in row.verdicts:
            task = tasks.setdefault(verdict["task"], Task(verdict["task"], verdict["max"]))
            task.scores.append(earned(verdict))
            checks = verdict["checks"] if summary_line(verdict) else []
            wrong = {check["message"] for check in checks if check["result"] in ("wrong", "in part")} - {NO_VALUE}
            # A reason counts once for a student, however many checks it fails and whatever numbers it contains.
            task.reasons.update({_without_numbers(message): message for message in sorted(wrong)}.values())
            task.blank += verdict["reason"] == NOT_ATTEMPTED
    for task in tasks.values():
        task.reasons = _merge_numbers(task.reasons)
    return list(tasks.values())


def _unjudged(rows):
    """Return {message: number of checks} of the checks that ended without an answer."""
    verdicts = [verdict for row in rows for verdict in row.verdicts if "by_hand" not in verdict]
    checks = [check for verdict in verdicts for check in verdict["checks"]]
    return Counter(check["message"] for check in checks if check["result"] == "not judged")


def _merge_numbers(reasons):
    """Count messages that differ only in their numbers as one, the most frequent of them."""
    groups = {}
    for message, count in reasons.most_common():
        group = groups.setdefault(_without_numbers(message), [message, 0])
        group[1] += count
    return Counter(dict(groups.values()))


def _without_numbers(message):
    return NUMBER.sub("0", message)


def _histogram(scores, points):
    """Return (data URI, description) of a histogram of the scores."""
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    counts, edges, _ = axes.hist(scores, bins=BINS, range=(0, points or 1), color=BLUE, edgecolor="white")
    axes.set(xlabel="points", ylabel="students")
    axes.yaxis.get_major_locator().set_params(integer=True)
    pairs = zip(counts, edges[:-1], edges[1:], strict=True)
    bins = [f"{count:.0f} with {low:g} to {high:g} points" for count, low, high in pairs if count]
    return _uri(figure, axes), "Histogram of the scores: " + ", ".join(bins)


def _bars(tasks):
    """Return (data URI, description) of a bar chart of the mean share of the points of each task."""
    figure = Figure(figsize=(7, 0.6 + 0.3 * len(tasks)), layout="constrained")
    axes = figure.subplots()
    names, shares = [task.name for task in tasks], [100 * task.share for task in tasks]
    axes.barh(names, [100] * len(tasks), color=GREY, height=0.6)
    axes.bar_label(axes.barh(names, shares, color=BLUE, height=0.6), fmt="%.0f %%", padding=3, fontsize=8)
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.set(xlim=(0, 112), xlabel="mean share of the points, in percent")
    mean_shares = ", ".join(f"{task.name} {task.share:.0%}" for task in tasks)
    return _uri(figure, axes), f"Mean share of the points of each task: {mean_shares}"


def _uri(figure, axes):
    axes.spines[["top", "right"]].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")

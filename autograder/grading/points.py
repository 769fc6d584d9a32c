"""A student's points in the gradebook, with the late penalty and manual points: `points_of`.

`with_manual_points` adds manual points to verdicts, `summary_line` describes a task's points in one line, and
`renew_penalties` computes the late penalties again.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from nbformat.v4 import new_notebook
from nbgrader.preprocessors import AssignLatePenalties

from autograder.errors import GradingError
from chainrule.errors import one_line

__all__ = ["Points", "earned", "summary_line", "points_of", "renew_penalties", "with_manual_points"]


@dataclass(frozen=True)
class Points:
    """Points of a submission. score: after the late penalty, as nbgrader exports it; raw_score: before it.

    manual: whether it needs manual grading; by_hand: {grade id: points} of the cells with manual points.
    """

    score: float
    max_score: float
    manual: bool
    raw_score: float
    penalty: float = 0.0
    seconds_late: float = 0.0
    by_hand: dict = field(default_factory=dict)

    @property
    def late(self):
        """A message on how late it was and the points it cost, or ""."""
        if not self.seconds_late and not self.penalty:
            return ""
        cost = f"{self.penalty:g} points off" if self.penalty else "no penalty"
        return f"late by {timedelta(seconds=round(self.seconds_late))}, {cost}"


def points_of(submission):
    """Return the Points of a submission in an open gradebook."""
    raw, penalty = float(submission.score), float(submission.late_submission_penalty or 0)
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    return Points(
        max(0.0, raw - penalty),
        float(submission.max_score),
        bool(submission.needs_manual_grade),
        raw,
        penalty,
        float(submission.total_seconds_late),
        {g.cell.name: float(g.score) for g in grades if g.manual_score is not None or g.extra_credit},
    )


def with_manual_points(verdicts, by_hand):
    """Return the dicts of verdicts, with the key "by_hand" in those that have manual points.

    by_hand: {grade id: points}, as in `Points`.
    """
    pairs = [(v, by_hand.get(f"test_{v['task'].replace('.', '-')}")) for v in verdicts]
    return [v if points is None else v | {"by_hand": points} for v, points in pairs]


def earned(verdict):
    """Return the points that count for the dict of a verdict."""
    return verdict.get("by_hand", verdict["score"])


def summary_line(verdict):
    """Return (the task with its points, why points were lost), or None if none were."""
    if "by_hand" not in verdict:
        manual_points, reason = "", verdict["reason"]
    elif verdict["by_hand"] < verdict["max"]:
        manual_points, reason = f", by hand {verdict['by_hand']:g}", verdict["reason"] or "changed by hand"
    else:
        return None
    points = f"{verdict['score']:g} of {verdict['max']:g}{manual_points}"
    return (f"{verdict['task']} ({points})", reason) if reason else None


def renew_penalties(course, assignment, student):
    """Let nbgrader compute the late penalties again: the due date, the points or the plug-in may have changed.

    Raises GradingError if the plug-in fails.
    """
    with course.transaction() as transaction:
        with course.gradebook() as gradebook:
            notebooks = [notebook.name for notebook in gradebook.find_submission(assignment, student).notebooks]
        for name in notebooks:
            names = {"notebook": name, "assignment": assignment, "student": student, "db_url": course.directory.db_url}
            try:
                AssignLatePenalties(config=course.config)(new_notebook(), {"nbgrader": names})
            except Exception as error:  # the plug-in is the instructor's
                raise GradingError(
                    f"late penalty: expected points from the plug-in, got {one_line(error)}; fix the plug-in"
                ) from error
        transaction.commit()

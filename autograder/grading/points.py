"""What a student has in the gradebook: `points_of` with the penalty for lateness and the points given by hand.

`with_manual_points` adds the points given by hand to verdicts, `summary_line` gives a task and its points in one line,
and `renew_penalties` computes the penalties again.
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
    """Points of a submission. score: after the penalty, as nbgrader exports it; raw_score: before it.

    by_hand: {grade id: points} of the cells whose points were given or changed by hand.
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
        """How late it was and what that cost, in words, or ""."""
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
    """Return the dicts of verdicts with "by_hand" in those whose points were given by hand."""
    pairs = [(v, by_hand.get(f"test_{v['task'].replace('.', '-')}")) for v in verdicts]
    return [v if points is None else v | {"by_hand": points} for v, points in pairs]


def earned(verdict):
    """The points that count for a verdict."""
    return verdict.get("by_hand", verdict["score"])


def summary_line(verdict):
    """Return (a task and what it earned, why not more), or None if there is nothing to say."""
    if "by_hand" not in verdict:
        hand, reason = "", verdict["reason"]
    elif verdict["by_hand"] < verdict["max"]:
        hand, reason = f", by hand {verdict['by_hand']:g}", verdict["reason"] or "changed by hand"
    else:
        return None
    return reason and (f"{verdict['task']} ({verdict['score']:g} of {verdict['max']:g}{hand})", reason) or None


def renew_penalties(course, assignment, student):
    """Let nbgrader work out the penalties for lateness again: the due date, the points or the plug-in may be new.

    Raises GradingError if the plug-in fails.
    """
    with course.transaction() as transaction:
        with course.gradebook() as gradebook:
            names = [notebook.name for notebook in gradebook.find_submission(assignment, student).notebooks]
        for name in names:
            place = {"notebook": name, "assignment": assignment, "student": student, "db_url": course.directory.db_url}
            try:
                AssignLatePenalties(config=course.config)(new_notebook(), {"nbgrader": place})
            except Exception as error:  # the plug-in is the instructor's
                raise GradingError(
                    f"late penalty: expected points from the plug-in, got {one_line(error)}; fix the plug-in"
                ) from error
        transaction.commit()

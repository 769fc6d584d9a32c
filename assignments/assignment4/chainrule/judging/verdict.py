"""Judge a task's exam and show the verdict: `judge` asks, compares and explains; `Verdict` is a table in HTML and text.

A verdict never decides by a warning or by a missing answer: no positive evidence, no points.
"""

import re
from dataclasses import dataclass, replace
from html import escape

from chainrule.judging.compare import VIEWS, difference, label, same
from chainrule.judging.explain import explain
from chainrule.judging.runner import BadReply

__all__ = ["AnswerError", "Outcome", "Unanswered", "Verdict", "judge"]

NO_VALUE = "counts only once a value is right"
NOT_ATTEMPTED = "not attempted yet"


class AnswerError(Exception):
    """The student's code raised: `kind` is the exception's type, `line` the line of code it came from."""

    def __init__(self, kind, message="", line=""):
        self.kind, self.message, self.line = kind, message, line
        super().__init__(self.sentence())

    def sentence(self):
        if self.kind == "NotImplementedError":
            return NOT_ATTEMPTED
        words = f": {self.message}" if self.message else ""
        return f"raised {self.kind}{words}" + (f", at `{self.line}`" if self.line else "")


class Unanswered(Exception):
    """No answer came: the time was up, or the process ended. The message says which."""


@dataclass(frozen=True)
class Outcome:
    """The result of one check. passed is None where it could not be judged."""

    name: str
    points: float
    passed: bool | None
    message: str = ""

    @property
    def word(self):
        if self.message == NOT_ATTEMPTED:
            return "blank"
        return {True: "right", False: "wrong", None: "not judged"}[self.passed]

    @property
    def earned(self):
        return self.points if self.passed is True else 0


@dataclass(frozen=True)
class Verdict:
    """What a task earned and why."""

    task: str
    outcomes: tuple
    seed: int | None = None
    note: str = ""

    @property
    def points(self):
        return sum(outcome.points for outcome in self.outcomes)

    @property
    def score(self):
        return float(sum(outcome.earned for outcome in self.outcomes))

    @property
    def passed(self):
        return all(outcome.passed is True for outcome in self.outcomes)

    @property
    def attempted(self):
        return not all(outcome.message == NOT_ATTEMPTED for outcome in self.outcomes)

    def lost(self):
        """The checks that earned nothing."""
        return [outcome for outcome in self.outcomes if outcome.passed is not True]

    def reason(self):
        """One line that says why points were lost, or an empty text."""
        if not self.attempted:
            return NOT_ATTEMPTED
        reasons = {}
        for outcome in self.lost():
            if outcome.message != NO_VALUE:
                reasons.setdefault(outcome.message, []).append(outcome.name)
        if len(reasons) == 1 and len(self.lost()) == len(self.outcomes):
            return next(iter(reasons))
        return "; ".join(f"{', '.join(names)}: {message}" for message, names in reasons.items())

    def noted(self, sentences):
        """The same verdict with sentences that stand below its table."""
        return replace(self, note=" ".join(f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in sentences))

    def as_dict(self):
        """A JSON-able form."""
        checks = [
            {"name": o.name, "passed": o.passed is True, "points": o.points, "result": o.word, "message": o.message}
            for o in self.outcomes
        ]
        made = {"task": self.task, "score": self.score, "max": self.points, "checks": checks, "seed": self.seed}
        return made | ({"note": self.note} if self.note else {})

    def __str__(self):
        width = max(len(outcome.name) for outcome in self.outcomes)
        lines = [f"{self.task}: {self.score:g} of {self.points:g} points"]
        for o in self.outcomes:
            line = f"  {o.name:<{width}}  {o.word:<10}  {o.earned:g}/{o.points:g}  {o.message}"
            lines.append(line.rstrip())
        return "\n".join(lines + ([self.note] if self.note else []))

    def _repr_html_(self):
        cell = 'style="text-align: left; padding: 2px 10px"'
        rows = "".join(
            f"<tr><td {cell}>{_html(o.name)}</td><td {cell}><b>{o.word}</b></td>"
            f"<td {cell}>{o.earned:g}/{o.points:g}</td><td {cell}>{_html(o.message)}</td></tr>"
            for o in self.outcomes
        )
        heads = "".join(f'<th scope="col" {cell}>{h}</th>' for h in ("check", "result", "points", "what is wrong"))
        title = f"<b>{_html(self.task)}</b>: {self.score:g} of {self.points:g} points"
        note = f"<p>{_html(self.note)}</p>" if self.note else ""
        return (
            f'<table><caption style="caption-side: top; text-align: left">{title}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": str(self), "text/html": self._repr_html_()}


def _html(text):
    """Text that is shown as it stands: between two $ alone it would be drawn as a formula."""
    return re.sub(r"[$\\]", r"<span>\g<0></span>", escape(text))


def judge(exam, ask, seed=None):
    """Return the Verdict on one task.

    ask(case, measure) runs a case in the student's process and returns {output: array}; it raises AnswerError,
    BadReply or Unanswered. Once a task is found not attempted, nothing more is asked.
    """
    outcomes, blank = [], False
    for check in exam.checks:
        if blank:
            passed, message = False, NOT_ATTEMPTED
        elif check.kind != "values" and not any(o.passed for o in outcomes):
            passed, message = False, NO_VALUE
        else:
            passed, message = _judge_check(check, exam.sentences, ask)
        blank = message == NOT_ATTEMPTED
        outcomes.append(Outcome(check.name, check.points, passed, " ".join(message.split())))
    return Verdict(exam.task, tuple(outcomes), seed)


def _judge_check(check, sentences, ask):
    try:
        message = KINDS[check.kind](check, sentences, ask)
    except AnswerError as error:
        return False, error.sentence()
    except BadReply as error:
        return False, str(error)
    except Unanswered as error:
        return None, str(error)
    return message is None, message or ""


def _judge_values(check, sentences, ask):
    """Compare every output of every case; explain the first one that is wrong."""
    pairs = [(ask(case, False), case) for case in check.cases]
    if all(_right(check, got[name], case.expected[name]) for got, case in pairs for name in case.expected):
        return None
    answers = {name: [_seen(check.view, name, *pair) for pair in pairs] for name in check.cases[0].expected}
    for name in answers:
        wrong = [a for a in answers[name] if not same(a[0], a[1], check.rtol, check.atol)]
        if wrong:
            shaped = wrong[0][0].shape == wrong[0][1].shape
            shown = label(name, check.view) if shaped else name
            cause = explain(name, answers, sentences, check.rtol, check.atol, shown)
            return cause or difference(shown, *wrong[0][:2], check.rtol, check.atol)
    return None


def _right(check, got, expected):
    view = VIEWS[check.view]
    return got.shape == expected.shape and same(view(got), view(expected), check.rtol, check.atol)


def _seen(view, name, got, case):
    """The answer, the right one and those of the mistakes, as they are compared; other shapes stay as they are."""
    right = case.expected[name]

    def see(array):
        return VIEWS[view](array) if array.shape == right.shape else array

    mistakes = {m: see(outputs[name]) for m, outputs in case.mistakes.items() if name in outputs}
    return see(got[name]), see(right), mistakes


def _judge_growth(check, sentences, ask):
    """The work done in Python must not grow with the size of the input."""
    small, large = (ask(case, True) for case in check.cases)
    sizes = [case.inputs["N"] for case in check.cases]
    for cost, words in (("steps", "steps"), ("views", "arrays taken from the input")):
        few, many = _count(small[cost]), _count(large[cost])
        # numpy's own Python wrappers vary a little; a loop over N multiplies the count by the ratio of the sizes.
        if many > 1.2 * few + 20:
            return (
                f"the work done in Python grows with N ({few} {words} at N = {sizes[0]}, {many} at N = {sizes[1]}): "
                "a loop over N is left"
            )
    return None


def _judge_memory(check, sentences, ask):
    """The largest memory in use at one time stays under the limit."""
    peak = _count(ask(check.cases[0], True)["peak"])
    if peak <= check.limit:
        return None
    return f"it needs {peak / 1e6:.1f} MB at one time where {check.limit / 1e6:.1f} MB are enough"


def _count(value):
    """A cost as a whole number; anything else was not measured by us."""
    if value.shape != () or value.dtype.kind not in "iu" or value < 0:
        raise BadReply("what it costs could not be measured")
    return int(value)


KINDS = {"values": _judge_values, "untouched": _judge_values, "growth": _judge_growth, "memory": _judge_memory}

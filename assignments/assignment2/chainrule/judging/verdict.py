"""Judge a task's exam and show the verdict: `judge` asks, compares and explains; `Verdict` is a table in HTML and text.

A verdict never decides by a warning or by a missing answer: no positive evidence, no points.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape

from chainrule.judging.compare import difference, label, same, viewed
from chainrule.judging.exam import Check
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
    """The result of one check. passed is None where it could not be judged. kept: points of a check that failed."""

    name: str
    points: float
    passed: bool | None
    message: str = ""
    kept: float = 0.0

    @property
    def word(self):
        if self.message == NOT_ATTEMPTED:
            return "blank"
        if self.passed is False and self.kept:
            return "in part"
        return {True: "right", False: "wrong", None: "not judged"}[self.passed]

    @property
    def earned(self):
        return self.points if self.passed is True else self.kept


@dataclass(frozen=True)
class Verdict:
    """What a task earned and why. timed_out: points were lost where time was up, so that somebody should look at it."""

    task: str
    outcomes: tuple
    seed: int | None = None
    note: str = ""
    timed_out: bool = False

    @property
    def points(self):
        return round(sum(outcome.points for outcome in self.outcomes), 6)

    @property
    def score(self):
        return round(float(sum(outcome.earned for outcome in self.outcomes)), 6)

    @property
    def passed(self):
        return all(outcome.passed is True for outcome in self.outcomes)

    @property
    def attempted(self):
        return not all(outcome.message == NOT_ATTEMPTED for outcome in self.outcomes)

    def lost(self):
        """The checks that did not earn all their points."""
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
            {
                **{"name": o.name, "passed": o.passed is True, "points": o.points, "earned": o.earned},
                **{"result": o.word, "message": o.message},
            }
            for o in self.outcomes
        ]
        made = {"task": self.task, "score": self.score, "max": self.points, "checks": checks, "seed": self.seed}
        made |= {"note": self.note} if self.note else {}
        return made | ({"timed_out": True} if self.timed_out else {})

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
    asked = []
    for check in exam.checks:
        proved = any(found.passed for found in asked)
        if asked and asked[-1].message == NOT_ATTEMPTED:
            found = _Asked(check, False, NOT_ATTEMPTED)
        elif check.kind != "values" and not proved:
            found = _Asked(check, False, NO_VALUE)
        else:
            found = _ask(check, ask)
        asked.append(found if proved else replace(found, kept=0.0))
    return Verdict(exam.task, tuple(_outcome(found, asked, exam.sentences) for found in asked), seed)


@dataclass(frozen=True)
class _Asked:
    """A check and what came back. answers: {output: [(got, expected, {mistake: its output})]}, where values came;
    wrong: those of them that are not right, without the outputs that are.
    """

    check: Check
    passed: bool | None
    message: str = ""
    kept: float = 0.0
    answers: dict = field(default_factory=dict)
    wrong: dict = field(default_factory=dict)


def _ask(check, ask):
    try:
        if check.kind in MEASURES:
            message = MEASURES[check.kind](check, ask)
            return _Asked(check, not message, message)
        return _compared(check, [(ask(case, False), case) for case in check.cases])
    except (AnswerError, BadReply) as error:
        return _Asked(check, False, error.sentence() if isinstance(error, AnswerError) else str(error))
    except Unanswered as error:
        return _Asked(check, None, str(error))


def _compared(check, pairs):
    answers = {name: [_seen(check.view, name, *pair) for pair in pairs] for name in check.cases[0].expected}
    wrong = {n: [a for a in found if not same(a[0], a[1], check.rtol, check.atol)] for n, found in answers.items()}
    wrong = {name: found for name, found in wrong.items() if found}
    return _Asked(check, not wrong, kept=_kept(check, wrong), answers=answers, wrong=wrong)


def _outcome(found, asked, sentences):
    message = found.message if found.passed or found.message else _why(found, asked, sentences)
    return Outcome(found.check.name, found.check.points, found.passed, " ".join(message.split()), found.kept)


def _why(found, asked, sentences):
    """Explain the first output that is wrong, by what fits that output in all checks; or say how it differs."""
    check, (name, wrong) = found.check, next(iter(found.wrong.items()))
    got, expected, _ = wrong[0]
    shown = label(name, check.view) if got.shape == expected.shape else name
    others = [(o.answers[name], o.check.rtol, o.check.atol) for o in asked if o is not found and name in o.answers]
    cause = explain(name, found.answers, sentences, check.rtol, check.atol, shown, others)
    return cause or difference(shown, got, expected, check.rtol, check.atol)


def _kept(check, wrong):
    """The points of a check that an answer keeps if nothing but its strictness speaks against it."""
    if not wrong or not set(wrong) <= set(check.kinds):
        return 0.0
    return round(check.points - sum(check.costs[kind] for kind in {check.kinds[name] for name in wrong}), 6)


def _seen(view, name, got, case):
    """The answer, the right one and those of the mistakes, as they are compared."""
    right = case.expected[name]
    got, shown = viewed(view, got[name], right)
    return got, shown, _Seen(case.mistakes, name, lambda array: viewed(view, array, right)[0])


class _Seen(Mapping):
    """{mistake: what it returns for one output}, each worked out when it is asked for."""

    def __init__(self, mistakes, name, see):
        self.mistakes, self.name, self.see = mistakes, name, see

    def __getitem__(self, mistake):
        return self.see(self.mistakes[mistake][self.name])

    def __iter__(self):
        return (mistake for mistake in self.mistakes if self.name in self.mistakes[mistake])

    def __len__(self):
        return sum(1 for _ in self)


def _growth(check, ask):
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
    return ""


def _memory(check, ask):
    """The largest memory in use at one time stays under the limit."""
    peak = _count(ask(check.cases[0], True)["peak"])
    if peak <= check.limit:
        return ""
    return f"it needs {peak / 1e6:.1f} MB at one time where {check.limit / 1e6:.1f} MB are enough"


def _count(value):
    """A cost as a whole number; anything else was not measured by us."""
    if value.shape != () or value.dtype.kind not in "iu" or value < 0:
        raise BadReply("what it costs could not be measured")
    return int(value)


MEASURES = {"growth": _growth, "memory": _memory}

"""Judge a task's exam and show the verdict: `judge` runs, compares and explains; `Verdict` is a table in HTML and text.

Points need a correct answer: a warning or a missing answer earns none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape

from chainrule.judging.compare import apply_view, difference, label, same
from chainrule.judging.derive import derive
from chainrule.judging.differences import differenced
from chainrule.judging.exam import Check
from chainrule.judging.explain import explain
from chainrule.judging.runner import BadReply

__all__ = ["MEASURES", "AnswerError", "Outcome", "Unanswered", "Verdict", "judge"]

NO_VALUE = "counts only once a value is right"
NOT_ATTEMPTED = "not attempted yet"


class AnswerError(Exception):
    """The student's code raised: `kind` is the exception's type, `line` the line of code it came from."""

    def __init__(self, kind, message="", line=""):
        self.kind, self.message, self.line = kind, message, line
        super().__init__(self.diagnosis())

    def diagnosis(self):
        if self.kind == "NotImplementedError":
            return NOT_ATTEMPTED
        detail = f": {self.message}" if self.message else ""
        if not self.line and self.message.startswith("cannot unpack non-iterable NoneType"):
            detail += " (None came where several values were expected: is a return statement missing?)"
        return f"raised {self.kind}{detail}" + (f", at `{self.line}`" if self.line else "")


class Unanswered(Exception):
    """No answer came: a time-out, or the process ended. The message says which."""


@dataclass(frozen=True)
class Outcome:
    """The result of one check. passed: None if it could not be judged. partial_points: earned though it failed."""

    name: str
    points: float
    passed: bool | None
    message: str = ""
    partial_points: float = 0.0

    @property
    def result(self):
        if self.message == NOT_ATTEMPTED:
            return "blank"
        if self.passed is False and self.partial_points:
            return "in part"
        return {True: "right", False: "wrong", None: "not judged"}[self.passed]

    @property
    def earned(self):
        return self.points if self.passed is True else self.partial_points


@dataclass(frozen=True)
class Verdict:
    """What a task earned and why. timed_out: points were lost to a time-out, so an instructor should look at it."""

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

    def checks_with_lost_points(self):
        """The checks that did not earn all their points."""
        return [outcome for outcome in self.outcomes if outcome.passed is not True]

    def reason(self):
        """One line that says why points were lost, or an empty text."""
        if not self.attempted:
            return NOT_ATTEMPTED
        reasons = {}
        for outcome in self.checks_with_lost_points():
            if outcome.message != NO_VALUE:
                reasons.setdefault(outcome.message, []).append(outcome.name)
        if len(reasons) == 1 and len(self.checks_with_lost_points()) == len(self.outcomes):
            return next(iter(reasons))
        return "; ".join(f"{', '.join(names)}: {message}" for message, names in reasons.items())

    def with_notes(self, notes):
        """The same verdict with notes, a list of messages, below its table."""
        return replace(self, note=" ".join(f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in notes))

    def as_dict(self):
        """A JSON-able form."""
        checks = [
            {
                **{"name": o.name, "passed": o.passed is True, "points": o.points, "earned": o.earned},
                **{"result": o.result, "message": o.message},
            }
            for o in self.outcomes
        ]
        record = {"task": self.task, "score": self.score, "max": self.points, "checks": checks, "seed": self.seed}
        record |= {"note": self.note} if self.note else {}
        return record | ({"timed_out": True} if self.timed_out else {})

    def __str__(self):
        width = max(len(outcome.name) for outcome in self.outcomes)
        lines = [f"{self.task}: {self.score:g} of {self.points:g} points"]
        for o in self.outcomes:
            line = f"  {o.name:<{width}}  {o.result:<10}  {o.earned:g}/{o.points:g}  {o.message}"
            lines.append(line.rstrip())
        return "\n".join(lines + ([self.note] if self.note else []))

    def _repr_html_(self):
        cell = 'style="text-align: left; padding: 2px 10px"'
        rows = "".join(
            f"<tr><td {cell}>{_html(o.name)}</td><td {cell}><b>{o.result}</b></td>"
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
    """Text as HTML that is seen literally: Jupyter would draw what is between two $ as a formula."""
    return re.sub(r"[$\\]", r"<span>\g<0></span>", escape(text))


def judge(exam, run_case, seed=None):
    """Return the Verdict on one task.

    run_case(case, measure) runs a case in the student's process and returns the arrays that it asks for, by name; it
    raises AnswerError, BadReply or Unanswered. Once a check says that the task is not attempted, the other checks are
    not run. Checks that measure are run last, and only if a check that proves is right.
    """
    results, attempted, proved = {}, True, False
    for check in sorted(exam.checks, key=lambda check: check.kind != "values"):
        if not attempted:
            result = _CheckResult(check, False, NOT_ATTEMPTED)
        elif check.kind != "values" and not proved:
            result = _CheckResult(check, False, NO_VALUE)
        else:
            result = _run_check(check, run_case)
        attempted = result.message != NOT_ATTEMPTED
        proved |= _proves(result)
        results[id(check)] = result
    results = _without_differenced([results[id(check)] for check in exam.checks], run_case)
    results = [_pay(result, any(map(_proves, results))) for result in results]
    return Verdict(exam.task, tuple(_outcome(result, results, exam.messages) for result in results), seed)


def _proves(result):
    return result.passed is True and result.check.kind == "values" and result.check.proves


def _pay(result, proved):
    """The result as it counts: where nothing proves that the task was worked on, none earns points."""
    if proved:
        return result
    return replace(result, partial_points=0.0, **{"passed": False, "message": NO_VALUE} if result.passed else {})


@dataclass(frozen=True)
class _CheckResult:
    """A check and the answers to it. answers: {output: [(got, expected, {mistake: its output})]}, where values came;
    wrong: those of them that are not correct, by output.
    """

    check: Check
    passed: bool | None
    message: str = ""
    partial_points: float = 0.0
    answers: dict = field(default_factory=dict)
    wrong: dict = field(default_factory=dict)


def _run_check(check, run_case):
    try:
        if check.kind in MEASURES:
            message = MEASURES[check.kind](check, run_case)
            return _CheckResult(check, not message, message)
        return _compare(check, [(derive(case, run_case(case, False)), case) for case in check.cases])
    except (AnswerError, BadReply) as error:
        return _CheckResult(check, False, error.diagnosis() if isinstance(error, AnswerError) else str(error))
    except Unanswered as error:
        return _CheckResult(check, None, str(error))


def _without_differenced(results, run_case):
    """The results, without points for gradients that were found by finite differences."""

    def ask(case):
        try:
            return run_case(case, False)
        except (AnswerError, BadReply, Unanswered):
            return None

    gradients = {output for result in results for output in result.check.gradients}
    held = [r for r in results if (r.passed or r.partial_points) and gradients & r.answers.keys()]
    found = differenced([(r.check, r.answers) for r in results], ask) if held else {}
    for n, result in enumerate(results):
        message = next((found[name] for name in result.answers if name in found), "")
        if result in held and message:
            results[n] = replace(result, passed=False, message=message, partial_points=0.0)
    return results


def _compare(check, pairs):
    answers = {name: [_view_outputs(check.view, name, *pair) for pair in pairs] for name in check.cases[0].expected}
    wrong = {n: [a for a in cases if not same(a[0], a[1], check.rtol, check.atol)] for n, cases in answers.items()}
    wrong = {name: cases for name, cases in wrong.items() if cases}
    return _CheckResult(check, not wrong, partial_points=_partial_points(check, wrong), answers=answers, wrong=wrong)


def _outcome(result, results, messages):
    message = result.message if result.passed or result.message else _diagnose(result, results, messages)
    return Outcome(
        result.check.name, result.check.points, result.passed, " ".join(message.split()), result.partial_points
    )


def _diagnose(result, results, messages):
    """Return a message on the first wrong output: the cause that fits it in all checks, or how it differs."""
    check, (name, wrong) = result.check, next(iter(result.wrong.items()))
    got, expected, _ = wrong[0]
    shown_name = label(name, check.view) if got.shape == expected.shape else name
    other_checks = [
        (o.answers[name], o.check.rtol, o.check.atol) for o in results if o is not result and name in o.answers
    ]
    cause = explain(name, result.answers, messages, check.rtol, check.atol, shown_name, other_checks)
    return cause or difference(shown_name, got, expected, check.rtol, check.atol)


def _partial_points(check, wrong):
    """The points that an answer keeps if it fails only in outputs that are about strictness (see `Check.kinds`)."""
    if not wrong or not set(wrong) <= set(check.kinds):
        return 0.0
    return round(check.points - sum(check.costs[kind] for kind in {check.kinds[name] for name in wrong}), 6)


def _view_outputs(view, name, got, case):
    """The answer, the expected one and those of the mistakes, through the view."""
    expected = case.expected[name]
    got, viewed = apply_view(view, got[name], expected)
    return got, viewed, _ViewedMistakes(case.mistakes, name, lambda array: apply_view(view, array, expected)[0])


class _ViewedMistakes(Mapping):
    """{mistake: what it returns for one output}, computed when it is looked up."""

    def __init__(self, mistakes, name, view):
        self.mistakes, self.name, self.view = mistakes, name, view

    def __getitem__(self, mistake):
        return self.view(self.mistakes[mistake][self.name])

    def __iter__(self):
        return (mistake for mistake in self.mistakes if self.name in self.mistakes[mistake])

    def __len__(self):
        return sum(1 for _ in self)


def _growth(check, run_case):
    """The work done in Python must not grow with the size of the input."""
    small, large = (_measured(check, case, run_case, ("steps", "views")) for case in check.cases)
    sizes = [case.inputs["N"] for case in check.cases]
    for cost, unit in (("steps", "steps"), ("views", "arrays taken from the input")):
        few, many = _count(small[cost]), _count(large[cost])
        # numpy's own Python wrappers vary a little; a loop over N multiplies the count by the ratio of the sizes.
        if many > 1.2 * few + 20:
            return (
                f"the work done in Python grows with N ({few} {unit} at N = {sizes[0]}, {many} at N = {sizes[1]}): "
                "a loop over N is left"
            )
    return ""


def _memory(check, run_case):
    """The largest memory in use at one time stays under the limit."""
    peak = _count(_measured(check, check.cases[0], run_case, ("peak",))["peak"])
    if peak <= check.limit:
        return ""
    return f"it needs {peak / 1e6:.1f} MB at one time where {check.limit / 1e6:.1f} MB are enough"


def _measured(check, case, run_case, costs):
    """What a call costs. BadReply if an output is wrong in one of the runs that these costs were measured in."""
    answer = run_case(case, True)
    for cost in costs:
        for name, expected in case.expected.items():
            if wrong := difference(name, answer[f"{cost} of {name}"], expected, check.rtol, check.atol):
                raise BadReply(f"in the call that is measured, {wrong}")
    return answer


def _count(value):
    """A cost as a whole number; BadReply for anything else, which `runner.measure` did not return."""
    if value.shape != () or value.dtype.kind not in "iu" or value < 0:
        raise BadReply("what it costs could not be measured")
    return int(value)


MEASURES = {"growth": _growth, "memory": _memory}

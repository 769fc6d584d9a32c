"""Tell gradients that were found by finite differences from derived ones: `differenced`.

There are two signs, and code that derives has none of them. Differences need the function at points beside the given
one, so the code works with copies of an input in which entries are moved a little (`displaced` finds them). And they
lose digits: a difference of float64 is off by 1e-12 to 1e-7 of the gradient, by another amount whenever the inputs
change in their last digit, where a formula is off by 1e-15.
"""

import inspect

import numpy as np

from chainrule.judging import displaced
from chainrule.judging.compare import largest_entry
from chainrule.judging.exam import Case

__all__ = ["differenced", "moved_inputs"]

# Relative to the largest entry of a gradient. Derived ones are off by 3e-14 and change by 1e-13 at most, those of
# central differences by 3e-12 at least, in all tasks of the course.
LOST_DIGITS = 1e-12
EXACT = 1e-13
NUDGES, NEEDED = 4, 2
MOVED = "{} is found by finite differences: the code works with copies of {} that are moved a little; derive it"
NOISE = (
    "{} has the errors of finite differences: it is off by more than 1e-12 of its largest entry, and by another amount "
    "whenever the inputs change in their last digit; derive it"
)
WATCH = """
watching = dict(__name__="<displaced>", __file__="<displaced>")
exec(compile({source!r}, "<displaced>", "exec"), watching)
moved = watching["displaced"]({call!r}, {{name: globals()[name] for name in {inputs}}}, {names}, globals())
"""


def differenced(answered, ask):
    """Return {output: message} for the gradients that were found by finite differences.

    answered: [(Check, {output: [(got, expected, ...)] over the cases})], where no answers came an empty dict.
    ask(case) returns {output: array}, or None if no answer came, which is no sign.
    """
    variables = {output: variable for check, _ in answered for output, variable in check.gradients.items()}
    errors = _largest_errors(answered)
    found = {}
    for case in _cases_to_watch(answered):
        moved = moved_inputs(case, variables.values(), ask)
        for output, variable in variables.items():
            most, traceless = moved.get(variable, (False, False))
            if traceless or (most and errors.get(output, (np.inf, None))[0] > EXACT):
                found.setdefault(output, MOVED.format(output, variable))
    for output, (error, case) in errors.items():
        if output not in found and error > LOST_DIGITS and _is_noisy(output, case, variables.values(), ask):
            found[output] = NOISE.format(output)
    return found


def _largest_errors(answered):
    """Return {output: (the largest error of a gradient, relative to its largest entry, the Case in which it came)}."""
    errors = {}
    for check, answers in answered:
        for output in check.gradients.keys() & answers.keys():
            pairs = zip(answers[output], check.cases, strict=True)
            found = [(_distance(got, expected), case) for (got, expected, *_), case in pairs]
            errors[output] = max([*found, errors.get(output, (-1.0, None))], key=lambda pair: pair[0])
    return errors


def _distance(got, expected):
    """The largest difference, relative to the largest entry; infinite for arrays that cannot be compared."""
    if got.shape != expected.shape or got.dtype.kind not in "iuf":
        return np.inf
    with np.errstate(all="ignore"):
        gap = np.max(np.abs(got.astype(float) - expected), initial=0.0)
        return float(gap / (largest_entry(expected) or 1.0)) if np.isfinite(gap) else np.inf


def _cases_to_watch(answered):
    """One case for each way in which gradients are asked for."""
    return list({check.cases[0].call: check.cases[0] for check, _ in answered if check.gradients}.values())


def moved_inputs(case, variables, ask):
    """Return {input: (whether most of its entries were moved, whether without leaving a trace in the result)}."""
    names = sorted({name for name in variables if _is_real(case.inputs.get(name))})
    if not names:
        return {}
    source = inspect.getsource(displaced)
    call = WATCH.format(source=source, call=case.call, inputs=list(case.inputs), names=names)
    answer = ask(Case(call, case.inputs, {"moved": None}))
    rows = np.zeros((len(names), 3), int) if answer is None else answer["moved"]
    if rows.shape != (len(names), 3) or rows.dtype.kind not in "iu":
        return {}
    counts = zip(names, rows.tolist(), strict=True)
    return {name: (_are_most(some, size), _are_most(traceless, size)) for name, (size, some, traceless) in counts}


def _are_most(moved, size):
    """Half of the entries or more; one alone may be moved by chance."""
    return moved >= max(size / 2, min(size, 2), 1)


def _is_real(value):
    return isinstance(value, float) or getattr(value, "dtype", None) == np.float64


def _is_noisy(output, case, variables, ask):
    """Return whether the output changes, against what it was, when the inputs change in their last digit."""
    answers = []
    for nudge in range(NUDGES + 1):
        inputs = {n: _nudged(v, nudge) if n in variables and _is_real(v) else v for n, v in case.inputs.items()}
        answer = ask(Case(case.call, inputs, {output: None}, layout=case.layout))
        if answer is None:
            return False
        answers.append(answer[output])
    return sum(LOST_DIGITS < _distance(answer, answers[0]) < np.inf for answer in answers[1:]) >= NEEDED


def _nudged(value, nudge):
    """The value with each entry changed by up to five units in the last place, not at all if nudge is 0."""
    array = np.asarray(value)
    units = (1 + (np.arange(array.size).reshape(array.shape) * 7 + nudge * 3) % 5) * bool(nudge)
    nudged = array * (1 + units * np.finfo(float).eps)
    return float(nudged) if isinstance(value, float) and not isinstance(value, np.ndarray) else nudged

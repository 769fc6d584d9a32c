"""Name the cause of a wrong answer: `explain` returns a message only when exactly one explanation fits.

An explanation must fit all cases of a check; their inputs are random, so it does not fit by chance.
"""

import numpy as np

from chainrule.judging.compare import largest_entry, same

__all__ = ["explain"]

# Relative to the expected answer: the rounding left in a sum that is 0 differs between processors.
NOISE = 1e-12


def explain(name, answers, messages, rtol=1e-6, atol=0.0, label=None, other_checks=()):
    """Return a message about the output `name`, or None.

    answers: {output: list of (got, expected, {mistake: output of that mistake}) over the cases of a check}.
    messages: {mistake: message}. label: the name of the output in messages. other_checks: (answers, rtol, atol) of
    this output in other checks, which a mistake must explain, too. Named mistakes come first, those that explain all
    outputs before those that explain this one; then simple relations to the expected value.
    """
    fitting = [m for m in messages if _fits(m, answers[name], rtol, atol)]
    fitting = [m for m in fitting if all(_fits(m, *check, must_differ=False) for check in other_checks)]
    fitting = [m for m in fitting if all(_agrees(m, cases, rtol, atol) for cases in answers.values())]
    complete = [m for m in fitting if all(_fits(m, a, rtol, atol, must_differ=False) for a in answers.values())]
    for candidates in ({messages[m] for m in complete}, {messages[m] for m in fitting}):
        if candidates:
            return candidates.pop() if len(candidates) == 1 else None
    label = label or name
    relations = (_factor(label, answers[name], rtol), _transposed(label, answers[name], rtol))
    related = [text for text in relations if text]
    return related[0] if len(related) == 1 else None


def _fits(mistake, answers, rtol, atol, must_differ=True):
    """True if the mistake explains every answer; where it makes no difference, the answer must be correct."""
    differs = not must_differ
    for got, expected, mistakes in answers:
        differs |= mistake in mistakes
        if not same(got, mistakes.get(mistake, expected), rtol, atol + NOISE * largest_entry(expected)):
            return False
    return differs


def _agrees(mistake, answers, rtol, atol):
    """False if the mistake makes this output wrong in another way."""
    return not any(mistake in mistakes for *_, mistakes in answers) or _fits(mistake, answers, rtol, atol)


def _factor(name, answers, rtol):
    """A message if the answer is c times the expected one, with one c for all cases."""
    factors = []
    for got, expected, _ in answers:
        if got.shape != expected.shape or got.dtype.kind not in "iuf" or not np.all(np.isfinite(expected)):
            return None
        with np.errstate(over="ignore"):
            size = np.sum(np.square(expected, dtype=float))
        if size == 0 or not np.isfinite(size) or not np.all(np.isfinite(got)):
            return None
        factors.append(np.sum(got.astype(float) * expected.astype(float)) / size)
        if not same(got, factors[-1] * expected, rtol):
            return None
    c = factors[0]
    if len(factors) < 2 or not np.allclose(factors, c, rtol=1e-5, atol=0) or abs(c) < 1e-9 or abs(c - 1) < 1e-4:
        return None
    return f"{name} has the wrong sign" if np.isclose(c, -1) else f"{name} is {c:.4g} times the right value"


def _transposed(name, answers, rtol):
    if all(e.ndim == 2 and same(g, e.T, rtol) and not same(g, e, rtol) for g, e, _ in answers):
        return f"{name} is the transpose of the right array"
    return None

"""Name the cause of a wrong answer, or say nothing: `explain` speaks only when exactly one explanation fits.

An explanation must fit every case of a check, on inputs drawn at random, so that it does not fit by chance.
"""

import numpy as np

from chainrule.judging.compare import same, size

__all__ = ["explain"]

NOISE = 1e-12  # of the right answer's size: what is left of a sum that is 0 differs from machine to machine


def explain(name, answers, sentences, rtol=1e-6, atol=0.0, shown=None, others=()):
    """Return a sentence about the output `name`, or None.

    answers: {output: list of (got, expected, {mistake: output of that mistake}) over the cases of a check}.
    sentences: {mistake: sentence}. shown: what a sentence calls the output. others: (answers, rtol, atol) of this
    output in other checks, which a mistake must explain, too. Named mistakes come first, those that explain all outputs
    before those that explain this one; then simple relations to the right value.
    """
    fitting = [m for m in sentences if _fits(m, answers[name], rtol, atol)]
    fitting = [m for m in fitting if all(_fits(m, *other, must_tell=False) for other in others)]
    fitting = [m for m in fitting if all(_agrees(m, found, rtol, atol) for found in answers.values())]
    complete = [m for m in fitting if all(_fits(m, a, rtol, atol, must_tell=False) for a in answers.values())]
    for named in ({sentences[m] for m in complete}, {sentences[m] for m in fitting}):
        if named:
            return named.pop() if len(named) == 1 else None
    shown = shown or name
    relations = (_factor(shown, answers[name], rtol), _transposed(shown, answers[name], rtol))
    related = [text for text in relations if text]
    return related[0] if len(related) == 1 else None


def _fits(mistake, answers, rtol, atol, must_tell=True):
    """True if the mistake explains every answer; where it would have made no difference, the answer is right."""
    telling = not must_tell
    for got, expected, mistakes in answers:
        telling |= mistake in mistakes
        if not same(got, mistakes.get(mistake, expected), rtol, atol + NOISE * size(expected)):
            return False
    return telling


def _agrees(mistake, answers, rtol, atol):
    """False if the mistake would have made this output wrong, and not as it is."""
    return not any(mistake in mistakes for *_, mistakes in answers) or _fits(mistake, answers, rtol, atol)


def _factor(name, answers, rtol):
    """The answer is c times the right one, with one c for all cases."""
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

"""Differentiate entry by entry with a fixed step, and compare a gradient you wrote with the result.

`numerical_gradient` and `numerical_gradient_array` differentiate by central differences; `rel_error`
compares; `sparse_gradient_check` and `directional_check` look at a few coordinates or directions of
something large; `find_kinks` finds the coordinates that have no derivative; `gradient_check` gives a verdict
in one line.

Everything is computed in float64. A float64 x is altered in place and put back, so f may also read it from
elsewhere (`lambda W: net.loss(X, y)[0]` with W = net.params["W1"]); any other x is copied, and f gets the
copy.

Sources: Stanford CS231n, notes on gradient checks; Nocedal and Wright, Numerical Optimization, section 8.1.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.gradcheck.inputs import array_of, borrowed, gradient_of, number_of

__all__ = [
    "Comparison",
    "GradientReport",
    "directional_check",
    "find_kinks",
    "gradient_check",
    "numerical_gradient",
    "numerical_gradient_array",
    "rel_error",
    "sparse_gradient_check",
]

# How many units in the last place a value of f may be off: f adds up many rounded terms.
ROUNDING = 16 * np.finfo(np.float64).eps


class Comparison(NamedTuple):
    """One derivative, by differences and by formula; index is a coordinate, or the number of a direction."""

    index: tuple[int, ...] | int
    numerical: float
    analytic: float
    rel_error: float


@dataclass(frozen=True)
class GradientReport:
    """What `gradient_check` found.

    verdict is "right", "wrong", or "kink" where every disagreeing coordinate is at a kink, which proves
    nothing about the values there. max_error is the largest relative error away from those kinks, reached at
    index with the derivatives numerical and analytic; kinks counts the disagreeing coordinates at a kink.
    """

    verdict: str
    max_error: float
    index: tuple[int, ...]
    numerical: float
    analytic: float
    kinks: int

    def __str__(self):
        worst = f"relative error {self.max_error:.1e} at {self.index}"
        apart = f", apart from {self.kinks} at a kink of f" if self.kinks else ""
        if self.verdict == "right":
            return f"right: largest {worst}"
        if self.verdict == "wrong":
            return f"wrong: {worst}: numerical {self.numerical:.8g}, analytic {self.analytic:.8g}{apart}"
        return f"kink: {self.kinks} at a kink of f, where there is no derivative; elsewhere largest {worst}"


def numerical_gradient(f, x, h=1e-5):
    """The gradient of a scalar-valued f at x, of x's shape: (f(x + h e_i) - f(x - h e_i)) / 2h for each i."""
    with _steppable(x, h) as x:
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            gradient[index] = _central(lambda x: number_of(f(x)), x, index, h)
        return gradient


def numerical_gradient_array(f, x, dout, h=1e-5):
    """The gradient of sum(f(x) * dout) at x, of x's shape; the upstream gradient dout has f(x)'s shape."""
    dout = np.asarray(dout, dtype=np.float64)
    with _steppable(x, h) as x:
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            gradient[index] = np.sum(_central(lambda x: array_of(f(x), dout.shape), x, index, h) * dout)
        return gradient


def sparse_gradient_check(f, x, analytic, num_checks=10, h=1e-5, seed=0):
    """Compare `analytic` (of x's shape) at a few random coordinates; a list of `Comparison`, none twice."""
    analytic = gradient_of(analytic, x)
    picks = np.random.default_rng(seed).choice(analytic.size, min(num_checks, analytic.size), replace=False)
    with _steppable(x, h) as x:
        coordinates = [tuple(int(i) for i in np.unravel_index(pick, x.shape)) for pick in picks]
        slopes = [_central(lambda x: number_of(f(x)), x, index, h) for index in coordinates]
    return [_compare(i, slope, analytic[i]) for i, slope in zip(coordinates, slopes, strict=True)]


def directional_check(f, x, analytic, num_directions=3, h=1e-5, seed=0):
    """Compare (f(x + h v) - f(x - h v)) / 2h with <analytic, v> for random unit v; a list of `Comparison`.

    Two calls of f judge all of `analytic` (x's shape) at once, however large x is.
    """
    analytic = gradient_of(analytic, x)
    rng = np.random.default_rng(seed)
    comparisons = []
    with _steppable(x, h) as x:
        start = x.copy()
        for number in range(num_directions):
            v = rng.standard_normal(x.shape)
            v /= np.linalg.norm(v)
            x[...] = start + h * v
            high = number_of(f(x))
            x[...] = start - h * v
            low = number_of(f(x))
            comparisons.append(_compare(number, (high - low) / (2 * h), np.sum(analytic * v)))
    return comparisons


def rel_error(a, b):
    """max |a - b| / max(1e-8, |a| + |b|) over two arrays of one shape; NaN where either holds a NaN."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ChainruleError(f"rel_error: expected two arrays of one shape, got {a.shape} and {b.shape}; reshape one")
    return float(np.max(_errors(a, b, 1e-8), initial=0.0))


def find_kinks(f, x, h=1e-5):
    """A boolean mask of x's shape: where a scalar-valued f has a kink (or a jump) within h of x.

    A kink is where the slopes to the right and to the left differ. Over a step s, a smooth f makes them
    differ by f'' s, a kink by its jump whatever s is. So (right - left) / s is measured at h, h/2 and h/4:
    smooth if the three agree, up to a tenth and up to rounding.
    """
    with _steppable(x, h) as x:
        kinks = np.zeros(x.shape, dtype=bool)
        for index in np.ndindex(x.shape):
            kinks[index] = _at_kink(f, x, index, h)
        return kinks


def gradient_check(f, x, analytic, tol=1e-6, h=1e-5):
    """Compare `analytic` (x's shape) with the numerical gradient of a scalar-valued f; a `GradientReport`.

    A coordinate agrees if |numerical - analytic| <= tol (|numerical| + |analytic|), or if it is below the
    rounding error of the difference itself. Those that do not agree are tried for a kink.
    """
    analytic = gradient_of(analytic, x)
    numerical = numerical_gradient(f, x, h)
    with _steppable(x, h) as x:
        size = abs(number_of(f(x))) + np.max(np.abs(x * numerical))
        # Differences know a derivative to ROUNDING * size / h; smaller entries are judged to that much.
        errors = _errors(numerical, analytic, max(1e-8, ROUNDING * size / (h * tol)))
        disagree = ~(errors <= tol)
        kinks = np.zeros(x.shape, dtype=bool)
        for index in map(tuple, np.argwhere(disagree)):
            kinks[index] = np.isfinite(analytic[index]) and _at_kink(f, x, index, h)
    verdict = "wrong" if np.any(disagree & ~kinks) else "kink" if kinks.any() else "right"
    away = np.where(kinks, 0.0, errors)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(away), away.shape))
    values = float(away[worst]), worst, float(numerical[worst]), float(analytic[worst])
    return GradientReport(verdict, *values, int(kinks.sum()))


@contextmanager
def _steppable(x, h) -> Iterator[np.ndarray]:
    """x as a float64 array to alter, if steps of h alter it."""
    with borrowed(x, np.float64) as x:
        largest = np.max(np.abs(x), initial=0.0)
        if not np.spacing(largest) < h:
            raise ChainruleError(f"numerical gradient: expected h > 0 that changes x, got h = {h} at |x| = {largest:g}")
        yield x


def _central(f, x, index, h):
    """(f(x + h e) - f(x - h e)) / 2h along one coordinate, over the step that rounding really left."""
    (high, above), (low, below) = _moved(f, x, index, h), _moved(f, x, index, -h)
    return (above - below) / (high - low)


def _moved(f, x, index, step):
    """The coordinate after a step, and f there; x is as before."""
    old = x[index]
    x[index] = old + step
    try:
        return x[index], f(x)
    finally:
        x[index] = old


def _at_kink(f, x, index, h):
    """Whether (slope right - slope left) / s changes with the step s; see `find_kinks`."""
    middle, centre = float(x[index]), number_of(f(x))
    curvatures, size = [], abs(centre)
    for s in (h, h / 2, h / 4):
        (high, above), (low, below) = (_moved(lambda x: number_of(f(x)), x, index, step) for step in (s, -s))
        right, left = (above - centre) / (high - middle), (centre - below) / (middle - low)
        curvatures.append((right - left) / s)
        size = max(size, abs(above), abs(below))
    spread = max(curvatures) - min(curvatures)
    rounding = 4 * ROUNDING * size / (h / 4) ** 2
    return bool(spread > 0.1 * max(map(abs, curvatures)) + rounding)


def _errors(a, b, floor):
    """Elementwise |a - b| / max(floor, |a| + |b|); NaN where either is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(a - b) / np.maximum(floor, np.abs(a) + np.abs(b))


def _compare(index, numerical, analytic):
    return Comparison(index, float(numerical), float(analytic), rel_error(numerical, analytic))

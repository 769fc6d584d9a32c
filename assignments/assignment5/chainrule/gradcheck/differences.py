"""Differentiate entry by entry with a fixed step, and compare a gradient you wrote with the result.

`numerical_gradient` and `numerical_gradient_array` differentiate by central differences; `rel_error` compares;
`find_kinks` finds the entries that have no derivative. `check_gradient` (in `chainrule.gradcheck`) gives a verdict.

Everything is computed in float64. A float64 x is altered in place and put back, so f may also read it from
elsewhere (`lambda W: net.loss(X, y)[0]` with W = net.params["W1"]); any other x is copied, and f gets the
copy. An f for which such differences mean nothing (it rounds to float32, takes no notice of x, or gives other values
for the same x) is refused with a `ChainruleError` that says why.

Sources: Stanford CS231n, notes on gradient checks; Nocedal and Wright, Numerical Optimization, section 8.1.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.gradcheck.inputs import (
    NOT_DETERMINISTIC,
    explain_unused_argument,
    real,
    restored_after,
    to_output_array,
    to_scalar,
    values_differ,
)

__all__ = ["Comparison", "find_kinks", "numerical_gradient", "numerical_gradient_array", "rel_error"]

# How many units in the last place a value of f may be off: f adds up many rounded terms.
ROUNDING = 16 * np.finfo(np.float64).eps


class Comparison(NamedTuple):
    """One derivative, by differences and by formula, at index."""

    index: tuple[int, ...]
    numerical: float
    analytic: float
    rel_error: float


def numerical_gradient(f, x, h=1e-5):
    """The gradient of a scalar-valued f at x, of x's shape: (f(x + h e_i) - f(x - h e_i)) / 2h for each i."""
    with _steps(f, x, h, to_scalar) as at:
        gradient = np.zeros(at.start.shape)
        for index in np.ndindex(gradient.shape):
            gradient[index] = _central(at, index, h)
        return gradient


def numerical_gradient_array(f, x, dout, h=1e-5):
    """The gradient of sum(f(x) * dout) at x, of x's shape; the upstream gradient dout has f(x)'s shape."""
    dout = real(dout, "dout").astype(np.float64)
    with _steps(f, x, h, functools.partial(to_output_array, shape=dout.shape)) as at:
        gradient = np.zeros(at.start.shape)
        for index in np.ndindex(gradient.shape):
            gradient[index] = np.sum(_central(at, index, h) * dout)
        return gradient


def rel_error(a, b):
    """max |a - b| / max(1e-8, |a| + |b|) over two arrays of one shape; NaN where either holds a NaN."""
    a, b = (real(value, "rel_error").astype(np.float64) for value in (a, b))
    if a.shape != b.shape:
        raise ChainruleError(f"rel_error: expected two arrays of one shape, got {a.shape} and {b.shape}; reshape one")
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)), initial=0.0))


def find_kinks(f, x, h=1e-5):
    """A boolean mask of x's shape: where a scalar-valued f has a kink (or a jump) within h of x.

    A kink is where the slopes to the right and to the left differ. Over a step s, a smooth f makes them
    differ by f'' s, a kink by its jump whatever s is. So (right - left) / s is measured at h, h/2 and h/4:
    smooth if the three agree, up to a tenth and up to rounding.
    """
    with _steps(f, x, h, to_scalar) as at:
        kinks = np.zeros(at.start.shape, dtype=bool)
        for index in np.ndindex(kinks.shape):
            kinks[index] = _has_kink(at, index, h)
        return kinks


@contextmanager
def _steps(f, x, h, read) -> Iterator["_Steps"]:
    """f near x, as a `_Steps`; refused before or afterwards if differences say nothing about it."""
    with restored_after(x, np.float64) as altered:
        largest = np.max(np.abs(altered), initial=0.0)
        if not np.spacing(largest) < h:
            raise ChainruleError(f"numerical gradient: expected h > 0 that changes x, got h = {h} at |x| = {largest:g}")
        at = _Steps(f, altered, h, read)
        yield at
        for _ in range(4):  # random numbers may agree twice by chance
            at.require_deterministic()
        at.require_float64()
        if at.constant and (message := explain_unused_argument(f, x, altered)):
            raise ChainruleError(f"numerical gradient: {message}")


class _Steps:
    """The values of f at x and beside it. x is put back after each call, whatever f does to it."""

    def __init__(self, f, x, h, read):
        self.f, self.x, self.h, self.read = f, x, h, read
        self.start, self.constant, self.single = x.copy(), True, True
        self.value = self._value()
        if not np.all(np.isfinite(self.value)):
            raise ChainruleError("numerical gradient: expected finite values of f, got NaN or infinity at x")
        self.require_deterministic()

    def __call__(self, index, step):
        """The coordinate after a step, and f there."""
        self.x[index] += step
        moved = float(self.x[index])
        value = self._value()
        self.constant &= np.array_equal(value, self.value)
        self.single &= _single(value)
        return moved, value

    def _value(self):
        try:
            value = self.f(self.x)
            if (dtype := getattr(value, "dtype", None)) in (np.float16, np.float32):
                self._require_step(dtype)
            return self.read(value)
        finally:
            self.x[...] = self.start

    def require_deterministic(self):
        if values_differ(np.asarray(self.value), np.asarray(self._value())):
            raise ChainruleError(f"numerical gradient: {NOT_DETERMINISTIC}")

    def require_float64(self):
        """Refuse an f that rounds to float32 inside, though its values say float64: a few longer steps tell."""
        if not self.single or not _single(self.value) or not self.x.size:
            return
        rng, values = np.random.default_rng(0), [np.asarray(self.value)]
        for k in range(1, 5):
            self.x[...] = self.start + 0.01 * k * (1 + np.abs(self.start)) * rng.standard_normal(self.x.shape)
            with np.errstate(all="ignore"):
                values.append(np.asarray(self._value()))
        apart = len({value.tobytes() for value in values}) == len(values)
        if apart and all(map(_single, values)) and any(np.any(value != np.round(value)) for value in values):
            half = all(_single(value, np.float16) for value in values)
            self._require_step(np.dtype(np.float16 if half else np.float32))

    def _require_step(self, dtype):
        fit = float(np.finfo(dtype).eps) ** (1 / 3)
        if self.h < fit / 5:
            raise ChainruleError(
                f"numerical gradient: expected f to compute in float64, got {dtype} values, in which a step of "
                f"h = {self.h:g} is lost; build f in float64 (a net: dtype=np.float64), or take check_gradient, which "
                f"finds its own step, or h = {fit:.0e} for two or three digits"
            )


def _single(value, dtype=np.float32):
    with np.errstate(all="ignore"):
        return np.array_equal(value, np.asarray(value, dtype=dtype))


def _central(at, index, h):
    """(f(x + h e) - f(x - h e)) / 2h along one coordinate, over the step that rounding really left."""
    (high, above), (low, below) = at(index, h), at(index, -h)
    return (above - below) / (high - low)


def _has_kink(at, index, h):
    """Whether (slope right - slope left) / s changes with the step s; see `find_kinks`."""
    middle, centre = float(at.start[index]), at.value
    curvatures, size = [], abs(centre)
    for s in (h, h / 2, h / 4):
        (high, above), (low, below) = at(index, s), at(index, -s)
        right, left = (above - centre) / (high - middle), (centre - below) / (middle - low)
        curvatures.append((right - left) / s)
        size = max(size, abs(above), abs(below))
    spread = max(curvatures) - min(curvatures)
    rounding = 4 * ROUNDING * size / (h / 4) ** 2
    return bool(spread > 0.1 * max(map(abs, curvatures)) + rounding)

"""A gradient check that knows its own numerical error: `check_gradient`, which returns a `GradientVerdict`.

The slope of f along a random direction v is compared with <gradient, v>. A handful of calls of f judges all
entries at once; the entries that are wrong are then looked for by halves.

How sure is a pass? Let e be the error of the gradient, chosen before v. The entries of v are normal, so <e, v> is,
with standard deviation |e|: it is smaller than a with a probability of at most sqrt(2 / pi) a / |e|. Several
directions multiply. So one can say which |e| would have been missed with a probability of one in a million. It is a
share of the gradient's norm: an entry that is small beside the others can be wrong, and nobody will see it.
"""

import functools
import math
from dataclasses import dataclass, replace

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.gradcheck.differences import Comparison
from chainrule.gradcheck.inputs import (
    NOT_DETERMINISTIC,
    explain_unused_argument,
    restored_after,
    to_gradient,
    to_output_array,
    values_differ,
)
from chainrule.gradcheck.slopes import Slope, noise_level, slope_at_zero

__all__ = ["GradientVerdict", "check_gradient"]

MAX_DIRECTIONS, MAX_MOVES, MAX_LOCATED = 12, 3, 5
# How far beside x another point is taken where f has a kink at x, as a share of the size of x's entries.
MOVE = 1e-2


@dataclass(frozen=True)
class GradientVerdict:
    """What `check_gradient` found; all sizes are shares of the gradient's norm, or of `scale` if that is larger.

    verdict           "pass", "wrong", or "inconclusive" where the differences cannot tell
    difference        |<gradient, v> - slope of f along v|, in the direction v where it stands out most
    numerical_error   the estimated error of that slope
    detectable        an error of the gradient of this norm or more is missed with miss_probability at most
    directions        how many random directions were tried
    evaluations       how often f was called
    where             for a wrong gradient, up to five wrong entries; () if no entry alone is wrong enough
    reason            why it is inconclusive, or that the gradient is not finite, or ""
    moved             whether a point beside x was checked, for f has a kink at x
    """

    verdict: str
    difference: float = math.nan
    numerical_error: float = math.inf
    detectable: float = math.inf
    miss_probability: float = 1.0
    directions: int = 0
    evaluations: int = 0
    where: tuple[Comparison, ...] = ()
    reason: str = ""
    moved: bool = False

    def __str__(self):
        parts = [self.reason] if self.reason else []
        if math.isfinite(self.difference):
            parts.append(
                f"gradient and differences are {self.difference:.1e} of its norm apart in one of {self.directions} "
                f"random directions, with an estimated numerical error of {self.numerical_error:.1e}"
            )
        parts += [f"at {i} numerical {n:.6g}, analytic {a:.6g}" for i, n, a, _ in self.where[:1]]
        if len(self.where) > 1:
            parts.append(f"also at {', '.join(str(row.index) for row in self.where[1:])}")
        if self.verdict == "pass":
            parts.append(
                f"an error of {self.detectable:.1e} of it or more is missed with a probability of at most "
                f"{self.miss_probability:.0e}"
            )
        beside = " beside x" if self.moved else ""
        return f"{self.verdict}{beside}: {'; '.join(parts)} ({self.evaluations} calls of f)"


def check_gradient(f, x, analytic, *, detect=0.01, miss=1e-6, tol=None, scale=0.0, directions=3, seed=0):
    """Judge the gradient `analytic` of f at x by differences along random directions; a `GradientVerdict`.

    f         x -> one number, or an array: it is then multiplied by a new random upstream gradient each time
    analytic  an array of x's shape, or a function that returns it: x -> gradient, for an array-valued f
              (x, dout) -> dx. With a function, points beside x are tried where f has a kink at x.
    detect    the relative error that must not be missed, |error| / |gradient|
    miss      the probability with which it may be missed all the same; more directions are drawn until it is so
    tol       the relative error that is none: 1e-8, for float32 1.2e-5 (100 units in the last place)
    scale     what errors are compared with if that is larger than |gradient|. A gradient that is 0, such as that
              of a bias before batch normalisation, tells no scale: the norm of another parameter's gradient does.

    A gradient is "wrong" if it is off by more than tol and the estimated numerical error together, at entries that
    were found or in two directions; "pass" if `detect` is met; else "inconclusive", with the reason.
    x of a floating dtype is altered in place and put back, any other is copied. Differences of a float32 f know two
    to four digits: check in float64 if you can.
    """
    options = _Options(detect, miss, tol, scale, directions)
    if not (0 < miss < 1 and detect > 0 and directions > 0):
        raise ChainruleError(
            f"check_gradient: expected 0 < miss < 1, detect > 0, directions > 0, got {miss}, {detect}, {directions}"
        )
    rng = np.random.default_rng(seed)
    argument = x
    with restored_after(x, np.floating) as x:
        if not np.all(np.isfinite(x)):
            raise ChainruleError("check_gradient: expected an x of finite numbers, got NaN or infinity in it")
        start, f = x.copy(), _Counted(f)
        verdict, has_kink = _judge(_Point(f, x, analytic, options, rng))
        for _ in range(MAX_MOVES if has_kink and callable(analytic) else 0):
            x[...] = start + MOVE * _rms(start) * rng.standard_normal(x.shape)
            verdict, has_kink = _judge(_Point(f, x, analytic, options, rng))
            verdict = replace(verdict, moved=True)
            if not has_kink:
                break
        if verdict.verdict == "wrong" and not verdict.reason and (reason := explain_unused_argument(f, argument, x)):
            verdict = GradientVerdict("inconclusive", reason=reason)
    return replace(verdict, evaluations=f.calls)


@dataclass(frozen=True)
class _Options:
    detect: float
    miss: float
    tol: float | None
    scale: float
    directions: int


@dataclass(frozen=True)
class _Trial:
    """A direction, and what the gradient and the differences say about it."""

    v: np.ndarray
    dout: np.ndarray
    gradient: np.ndarray
    slope: Slope
    tol: float
    scale: float

    @property
    def gap(self):
        return abs(float(np.sum(self.gradient * self.v)) - self.slope.value)

    @property
    def excess(self):
        """What of the gap neither tol nor the numerical error explains; NaN where f is not finite."""
        return self.gap - self.tol * self.scale - self.slope.error

    @property
    def undetected(self):
        """An error with |<e, v>| below this share of the scale may pass: the slope may be off either way."""
        return self.tol + 2 * self.share(self.slope.error)

    def share(self, size):
        return size / self.scale if self.scale else math.inf


class _Counted:
    def __init__(self, f):
        self.f, self.calls = f, 0

    def __call__(self, x):
        self.calls += 1
        # A step may leave where f is defined; the values tell.
        with np.errstate(all="ignore"):
            return self.f(x)


class _Point:
    """f and its gradient near one x: the noise of f is measured once."""

    def __init__(self, f, x, analytic, options, rng):
        self.f, self.x, self.analytic, self.options, self.rng = f, x, analytic, options, rng
        self.start = x.copy()
        out = f(x)
        self.values = to_output_array(out)
        self.dtype = np.asarray(out).dtype
        self.x[...] = self.start
        self.deterministic = True
        self.noise = self.step = self.eps = None

    def is_deterministic(self, calls):
        """Whether f has returned the same values for this x every time, including a few more calls."""
        for _ in range(calls if self.deterministic else 0):
            self.deterministic &= not values_differ(self.values, to_output_array(self.f(self.x), self.values.shape))
            self.x[...] = self.start
        return self.deterministic

    def draw(self):
        """A new `_Trial`, in a random direction and for a random upstream gradient."""
        v, dout, gradient, rounding = self.rng.standard_normal(self.x.shape), *self.upstream()
        if not np.all(np.isfinite(gradient)):
            return _Trial(v, dout, gradient, Slope(math.nan, math.inf, False), math.nan, math.nan)
        if self.noise is None:
            self.calibrate(v, dout, gradient)
        tol = max(1e-8, 100 * max(self.eps, rounding)) if self.options.tol is None else self.options.tol
        return self.confirm(self.along(v, dout, gradient, tol))

    def upstream(self):
        """A random upstream gradient (1 for a scalar f), the gradient for it, and the eps of its dtype."""
        scalar = self.values.size == 1
        if not scalar and not callable(self.analytic):
            raise ChainruleError(
                f"check_gradient: f returns shape {self.values.shape}; expected analytic to be (x, dout) -> dx, got "
                f"{type(self.analytic).__name__}"
            )
        dout = np.ones(self.values.shape) if scalar else self.rng.standard_normal(self.values.shape)
        upstream = dout.astype(self.dtype) if np.issubdtype(self.dtype, np.floating) else dout
        gradient = self.analytic
        if callable(gradient):
            gradient = gradient(self.x) if scalar else gradient(self.x, upstream)
            self.x[...] = self.start
        if isinstance(gradient, tuple):
            raise ChainruleError("check_gradient: expected analytic to give one array, got a tuple; return dx alone")
        return upstream.astype(np.float64), to_gradient(gradient, self.x), _eps(np.asarray(gradient).dtype)

    def in_float32(self, v):
        """The eps of float32 if all values of f are float32 numbers, at x and beside it, whatever their dtype; or 0."""
        self.x[...] = self.start + 1e-6 * _rms(self.start) * v
        beside = to_output_array(self.f(self.x), self.values.shape)
        self.x[...] = self.start
        with np.errstate(all="ignore"):
            single = all(np.array_equal(a, a.astype(np.float32)) for a in (self.values, beside))
        return float(np.finfo(np.float32).eps) if single else 0.0

    def calibrate(self, v, dout, gradient):
        """Measure the noise of f, and choose the first step by it."""
        self.eps = eps = max(_eps(self.x.dtype), _eps(self.dtype), self.in_float32(v))
        size = float(np.linalg.norm(dout * self.values))
        # Both the value and x are rounded, even where the differences in the table happen to agree.
        least = 2 * eps * (size + float(np.linalg.norm(self.start * gradient)))
        unit = _rms(self.start) * eps**0.2
        measured = noise_level(self.phi(v, dout), unit / 1000, unit)
        if measured > 100 * least:  # that may be a kink in the table: try another
            other = self.rng.standard_normal(v.shape)
            measured = min(measured, noise_level(self.phi(other, dout), unit / 1000, unit))
        self.noise = max(least, measured)
        # Truncation of order t^4 equals rounding noise / t at a step of noise^(1/5); noise may be float32's inside f.
        relative = min(measured / size, float(np.finfo(np.float32).eps)) if size else 0.0
        self.step = _rms(self.start) * max(eps, relative) ** 0.2

    def confirm(self, trial):
        """The trial, if it does not disagree, or does so with other steps, too; else the trial with those."""
        for divisor in (3, 7) if trial.excess > 0 else ():
            other = self.along(trial.v, trial.dout, trial.gradient, trial.tol, self.step / divisor)
            if not other.excess > 0:
                return other
        return trial

    def along(self, v, dout, gradient, tol, step=None):
        scale = max(self.options.scale, float(np.linalg.norm(gradient)))
        slope = slope_at_zero(self.phi(v, dout), step or self.step, self.noise, tol * scale, _rms(self.start))
        return _Trial(v, dout, gradient, slope, tol, scale or abs(slope.value))

    def phi(self, v, dout):
        """t -> sum(f(x + t v) * dout), which remembers its values."""
        at_x = float(np.sum(self.values * dout))

        @functools.cache
        def phi(t):
            if t == 0:
                return at_x
            self.x[...] = self.start + t * v
            try:
                return float(np.sum(to_output_array(self.f(self.x), dout.shape) * dout))
            finally:
                self.x[...] = self.start

        return phi


def _judge(point):
    """The verdict at one point, and whether a kink is why it is inconclusive."""
    options, trials, detectable = point.options, [], math.inf
    if not np.all(np.isfinite(point.values)):
        return GradientVerdict("inconclusive", evaluations=point.f.calls, reason="f(x) is not finite"), False
    if not point.is_deterministic(1):
        return GradientVerdict("inconclusive", evaluations=point.f.calls, reason=NOT_DETERMINISTIC), False
    while len(trials) < max(options.directions, MAX_DIRECTIONS):
        trials.append(point.draw())
        if not np.all(np.isfinite(trials[-1].gradient)):
            return _not_finite(trials[-1].gradient, point.f.calls), False
        detectable, useful = _detectable(trials, options.miss)
        wrong = [trial for trial in trials if trial.excess > 0]
        if len(trials) >= options.directions and (wrong or detectable <= options.detect or useful > options.detect):
            break
    worst = max(trials, key=lambda trial: trial.excess if math.isfinite(trial.excess) else -math.inf)
    where = _locate(point, worst) if wrong else ()
    # A kink that some estimate missed does not disagree twice, nor at an entry alone.
    twice = sum(not trial.slope.has_kink for trial in wrong) > 1
    unsure = wrong or detectable > options.detect
    not_deterministic = unsure and not point.is_deterministic(4)  # random numbers may agree twice by chance
    verdict = "wrong" if (where or twice) and not not_deterministic else "inconclusive" if unsure else "pass"
    reason, has_kink = _reason(point, trials, wrong) if verdict == "inconclusive" else ("", False)
    return GradientVerdict(
        verdict,
        worst.share(worst.gap),
        worst.share(worst.slope.error),
        detectable,
        options.miss,
        len(trials),
        point.f.calls,
        () if not_deterministic else where,
        reason,
    ), has_kink


def _detectable(trials, miss):
    """The relative error that all trials miss with probability `miss` at most, and the least that one trial tells."""
    undetected = sorted(math.sqrt(2 / math.pi) * trial.undetected for trial in trials)
    # Trials that see little are left out: what they miss does not depend on the gradient's error.
    best = [(math.prod(undetected[:k]) / miss) ** (1 / k) for k in range(1, len(undetected) + 1)]
    return min(best), undetected[0]


def _locate(point, trial):
    """Up to MAX_LOCATED wrong entries, as `Comparison`s: blocks that disagree are halved, others left."""
    comparisons, blocks = [], [np.arange(trial.v.size)]
    while blocks and len(comparisons) < MAX_LOCATED:
        block = blocks.pop()
        v = np.zeros(trial.v.shape)
        v.flat[block] = trial.v.flat[block]
        part = point.along(v, trial.dout, trial.gradient, trial.tol)
        if not part.excess > 0:
            continue
        if block.size > 1:
            blocks += np.array_split(block, 2)[::-1]
        elif (part := point.confirm(part)).excess > 0:
            index = tuple(int(i) for i in np.unravel_index(block[0], v.shape))
            numerical, analytic = part.slope.value / v[index], float(trial.gradient[index])
            error = abs(numerical - analytic) / (abs(numerical) + abs(analytic))
            comparisons.append(Comparison(index, float(numerical), analytic, float(error)))
    return tuple(comparisons)


def _reason(point, trials, wrong):
    """Why nothing can be said, and whether it is a kink."""
    if not point.deterministic:
        return NOT_DETERMINISTIC, False
    if wrong:
        return "some directions disagree, but too few, and no entry alone does", any(t.slope.has_kink for t in wrong)
    if all(trial.slope.error == math.inf for trial in trials):
        return "f is not finite beside x", False
    if any(trial.slope.has_kink for trial in trials):
        return "f has kinks or jumps at x or very close to it", True
    if point.eps > _eps(np.float64):
        return "rounding in f, in float32, hides a gradient as small as this (build f in float64 to see it)", False
    return "rounding in f hides a gradient as small as this (`scale` tells what to compare it with)", False


def _not_finite(gradient, calls):
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(gradient))[0])
    where = (Comparison(index, math.nan, float(gradient[index]), math.nan),)
    return GradientVerdict("wrong", evaluations=calls, where=where, reason="the gradient is not finite")


def _rms(x):
    """How large the entries of x are, as a root mean square; 1 if all are 0."""
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) or 1.0


def _eps(dtype):
    return float(np.finfo(dtype if np.issubdtype(dtype, np.floating) else np.float64).eps)

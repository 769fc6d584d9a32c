"""The slope of a function phi of one number at 0, and an estimate of how wrong that slope is.

`noise_level` measures how far phi's values are off; `slope_at_zero` differentiates and finds its own step.

Central differences D at the steps t, t/2 and t/4 are extrapolated (Richardson, 1911): (4 D(t/2) - D(t)) / 3 is free of
the error of order t^2, and the same once more of that of order t^4. Three errors are left, each with its own sign:
truncation, where the two first extrapolations differ; a kink, where the slope to the right and the slope to the
left differ, and go on doing so when extrapolated to t = 0 in the same way; rounding, which grows like noise / t.

Sources: Ridders, Accurate computation of F'(x) and F'(x)F''(x), 1982; Moré and Wild, Estimating computational noise,
2011, after Hamming's difference tables.
"""

import math
from typing import NamedTuple

import numpy as np

__all__ = ["Slope", "noise_level", "slope_at_zero"]

# The differences of this order of a smooth phi are all noise, as close together as its values are here.
ORDER, POINTS = 5, 8
# A kink moves the extrapolated value by at most 1.19 times what the estimate sees of it, wherever it is within t.
SAFETY = 2
# Four standard deviations of noise in each value: (64 D(t/4) - 20 D(t/2) + D(t)) / 45 is off by at most 6.6 * 4 / t.
ROUNDING = 27
# The estimate of truncation and kinks has noise, too, about 1.5 times ROUNDING; from here on it is no noise.
CLEAR = 10
MAX_STEPS = 10


class Slope(NamedTuple):
    """A slope and its estimated error; has_kink where no step is good, for phi has a kink or a jump at 0."""

    value: float
    error: float
    has_kink: bool


def noise_level(phi, spacing, longest):
    """The standard deviation of the noise in phi's values: 0 where phi is smooth and exact, or not finite.

    Values closer together than they are rounded repeat, and tell nothing: then they are taken further apart, by
    factors of 10 up to `longest`.
    """
    values = np.array([phi(i * spacing) for i in range(POINTS)])
    if 2 * np.count_nonzero(np.diff(values)) < POINTS and 10 * spacing <= longest:
        return noise_level(phi, 10 * spacing, longest)
    # Independent noise of variance s^2 has differences of variance s^2 binom(2k, k).
    level = math.sqrt(np.mean(np.diff(values, ORDER) ** 2) / math.comb(2 * ORDER, ORDER))
    return level if math.isfinite(level) else 0.0


def slope_at_zero(phi, step, noise, goal=0.0, longest=math.inf):
    """phi'(0) as a `Slope`: with the first step whose error is at most `goal`, or with the best one.

    The step shrinks while truncation or a kink outweighs rounding and grows while rounding does, up to `longest`: far
    from 0 phi may have gone flat, and its values agree on a slope that has nothing to do with phi'(0). Steps differ
    by factors of 4, so that a phi that remembers its values is called four times for each after the first.
    """
    tried = {}
    while step not in tried and (step <= longest or not tried) and len(tried) < MAX_STEPS:
        tried[step] = slope = _slope(phi, step, noise)
        if slope.error <= goal:
            break
        step = step / 4 if slope.has_kink else step * 4
    best = min(tried.values(), key=lambda slope: slope.error)
    # Among many kinks an estimate can be small by chance: it must also agree with those that are nearly as good.
    apart = (abs(slope.value - best.value) for slope in tried.values() if slope.error < CLEAR * best.error)
    return best._replace(error=max(best.error, SAFETY * max(apart, default=0.0)))


def _slope(phi, step, noise):
    steps = step / np.array([1, 2, 4])
    above, below = (np.array([phi(s) for s in sign * steps]) for sign in (1, -1))
    slopes, gaps = (above - below) / (2 * steps), (above - 2 * phi(0.0) + below) / steps
    # Slopes are even in the step, gaps (slope right minus slope left) odd: one loses t^2 first, the other t.
    (coarse, fine), value = _extrapolate(slopes, 4, 16)
    _, kink = _extrapolate(gaps, 2, 8)
    truncation, rounding = SAFETY * max(abs(fine - coarse), abs(kink)), ROUNDING * noise / step
    if not math.isfinite(truncation):
        return Slope(math.nan, math.inf, True)
    return Slope(float(value), float(truncation + rounding), bool(truncation > CLEAR * rounding))


def _extrapolate(values, *factors):
    """Values at t, t/2 and t/4 after one and after two Richardson extrapolations."""
    once, twice = factors
    first = (once * values[1:] - values[:-1]) / (once - 1)
    return first, (twice * first[1] - first[0]) / (twice - 1)

"""Strictness: the points that an answer with correct values loses for changed inputs, dtype, extremes, loops or memory.

SHARES are shares of the points of a task. A kind of strictness that a task does not check costs nothing there. All
other points are for values, however they were computed. `apply_strictness` sets the points of checks.
"""

import ast
from collections import Counter
from dataclasses import replace

from autograder.errors import SpecError

__all__ = ["SHARES", "apply_strictness"]

SHARES = {
    "inputs": 0.1,  # an argument holds other values after the call than before
    "dtype": 0.1,  # float32 goes in, float64 comes out
    "extremes": 0.1,  # nan, infinity or a warning at numbers that are large or degenerate
    "loops": 0.2,  # correct but slow: the work done in Python grows with the size of the input
    "memory": 0.1,  # correct but large: arrays that are not needed
}
KIND_OF_CHECK = {"untouched": "inputs", "growth": "loops", "memory": "memory"}
KIND_OF_OUTPUT = {"float32_kept": "dtype", "no_warning": "extremes"}


def apply_strictness(checks, call):
    """Return the checks of a task with kinds, costs and points filled in; the sum of their points stays the same.

    call: the task's own, for checks without one. Checks of strictness get their SHARES of the sum; checks of values
    divide the rest in proportion to the points in their specs. Raises SpecError for an unknown kind, or if no check
    is about values.
    """
    for check in checks:
        if check.strict not in ("", *SHARES):
            raise SpecError(f"{check.name}, strict: expected one of {', '.join(SHARES)}; got {check.strict!r}")
    if not checks:
        return checks
    total = sum(check.points for check in checks)
    kinds = [_kinds(check, check.call or call) for check in checks]
    charged = [set(by_output.values()) - {""} for by_output in kinds]
    counts = Counter(kind for names in charged for kind in names)
    costs = [{kind: round(SHARES[kind] * total / counts[kind], 3) for kind in sorted(names)} for names in charged]
    points = _divide_points(total, [check.points for check in checks], [sum(cost.values()) for cost in costs])
    return tuple(
        replace(check, points=p, kinds={output: kind for output, kind in by_output.items() if kind}, costs=cost)
        for check, p, by_output, cost in zip(checks, points, kinds, costs, strict=True)
    )


def _kinds(check, call):
    """Return {output: kind of strictness, or "" where its value is checked}."""
    if check.kind in KIND_OF_CHECK:
        return dict.fromkeys(check.outputs or ("",), KIND_OF_CHECK[check.kind])
    computed = _assigned_names(call)
    return {name: KIND_OF_OUTPUT.get(name, check.strict if name in computed else "inputs") for name in check.outputs}


def _assigned_names(call):
    """Return the names that a call assigns; the others are its inputs."""
    return {
        node.id for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _divide_points(total, weights, strict):
    """Return the points of each check: its costs, or its share, in tenths, of the remaining points."""
    values = [0 if cost else w for w, cost in zip(weights, strict, strict=True)]
    if not any(values):
        raise SpecError("checks: expected at least one check of values, got only checks of strictness")
    remaining = total - sum(strict)
    points = [round(remaining * w / sum(values), 1) for w in values]
    points[values.index(max(values))] += remaining - sum(points)
    return [round(p + cost, 3) for p, cost in zip(points, strict, strict=True)]

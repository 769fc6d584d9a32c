"""How strict the grader is, in one place: what an answer loses that is right in value and wrong in one of five ways.

SHARES are shares of the points of a task. A task that does not look at one of these loses nothing by it. Everything
else is a matter of values: by which route they were reached costs nothing.
"""

import ast
from dataclasses import replace

from autograder.errors import SpecError

__all__ = ["SHARES", "priced"]

SHARES = {
    "inputs": 0.1,  # an argument does not hold the same values after the call as before
    "dtype": 0.1,  # float32 goes in, float64 comes out
    "extremes": 0.1,  # nan, infinity or a warning at numbers that are large or degenerate
    "loops": 0.2,  # slow but right: the work done in Python grows with the size of the input
    "memory": 0.1,  # large but right: arrays that need not be there
}
OF_CHECKS = {"untouched": "inputs", "growth": "loops", "memory": "memory"}
OF_OUTPUTS = {"float32_kept": "dtype", "no_warning": "extremes"}


def priced(checks, call):
    """Return the checks of a task with what their kinds of strictness cost; the sum of their points stays as it is.

    call: the task's own, for checks without one. The points written beside a check count into the sum. Of these, checks
    of strictness take their shares, and those of values divide the rest among them as their points are to each other.
    """
    for check in checks:
        if check.strict not in ("", *SHARES):
            raise SpecError(f"{check.name}, strict: expected one of {', '.join(SHARES)}; got {check.strict!r}")
    if not checks:
        return checks
    total = sum(check.points for check in checks)
    kinds = [_kinds(check, check.call or call) for check in checks]
    of_all = [kind for found in kinds for kind in set(found.values()) - {""}]
    costs = [
        {kind: round(SHARES[kind] * total / of_all.count(kind), 3) for kind in sorted(set(found.values()) - {""})}
        for found in kinds
    ]
    points = _divided(total, [check.points for check in checks], [sum(cost.values()) for cost in costs])
    return tuple(
        replace(check, points=p, kinds={output: kind for output, kind in found.items() if kind}, costs=cost)
        for check, p, found, cost in zip(checks, points, kinds, costs, strict=True)
    )


def _kinds(check, call):
    """Return {output: kind of strictness, or "" where its value is asked for}."""
    if check.kind in OF_CHECKS:
        return dict.fromkeys(check.outputs or ("",), OF_CHECKS[check.kind])
    computed = _computed(call)
    return {name: OF_OUTPUTS.get(name, check.strict if name in computed else "inputs") for name in check.outputs}


def _computed(call):
    """The names that a call sets: the others are its inputs."""
    return {
        node.id for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _divided(total, written, strict):
    """The points of each check: its costs, or a part of what these leave, in tenths, that is like what was written."""
    values = [0 if cost else w for w, cost in zip(written, strict, strict=True)]
    if not any(values):
        raise SpecError("checks: expected one of values, got only such as look at how strict an answer is")
    rest = total - sum(strict)
    points = [round(rest * w / sum(values), 1) for w in values]
    points[values.index(max(values))] += rest - sum(points)
    return [round(p + cost, 3) for p, cost in zip(points, strict, strict=True)]

"""Work out outputs from the arrays that came back: flags and shapes that a student's process could forge."""

import copy
import functools
import math
import warnings
from itertools import zip_longest

import numpy as np

from chainrule.judging.runner import BadReply

__all__ = ["derive", "extents"]

FEW = 10_000  # entries that are never too many
_compiled = functools.lru_cache(maxsize=1000)(compile)


def derive(case, returned):
    """Return {output: array} of a case, given {name: array} that came back; BadReply if that cannot be worked out."""
    if not case.after:
        return returned
    _require_expected_sizes(case, returned)
    scope = {"np": np, **copy.deepcopy(case.inputs), **returned}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            exec(_compiled(case.after, "<derived>", "exec"), scope)
        return {name: returned[name] if name in returned else np.array(scope[name]) for name in case.expected}
    except Exception as error:
        raise BadReply(f"raised {type(error).__name__}: {error}") from None


def extents(shapes):
    """The sizes of the largest array that broadcasting makes of shapes, from the last axis on."""
    return [max(sizes) for sizes in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)]


def _require_expected_sizes(case, returned):
    """Arrays of other shapes than expected could be broadcast against each other to any size."""
    got, expected = ({name: tuple(of[name]) for name in case.returned} for of in (_shapes(returned), case.returned))
    beside = tuple(case.extents[::-1])
    entries, usual = (math.prod(extents([*shapes.values(), beside])) for shapes in (got, expected))
    if entries > 2 * max(usual, FEW):
        name = next(name for name in got if got[name] != expected[name])
        raise BadReply(f"{name} has shape {got[name]}, expected {expected[name]}")


def _shapes(arrays):
    return {name: array.shape for name, array in arrays.items()}

"""What the tasks of layers have in common: inputs of any shape, single precision, a cache that is used twice."""

import numpy as np

from autograder.tasks.spec import values

__all__ = [
    *("CHANGES_DOUT", "CHANGES_X", "DOUT_MISSING", "FLOAT64", "OVERFLOW", "QUIETLY"),
    *("draw_any_shape", "draw_zeros", "float32", "in_float32", "kept", "twice"),
]

FLOAT64 = "float32 goes in, float64 comes out: keep the dtype of the input"
DOUT_MISSING = "this is the layer's own derivative: it is not multiplied by dout"
CHANGES_DOUT = "dout is changed by the call: dout *= ... and dout[mask] = ... work in place, so take a copy"
CHANGES_X = "x is changed by the call: x *= ... and x[mask] = ... work in place, so take a copy"
OVERFLOW = "exp overflows on large numbers and NumPy warns: give it only arguments that are not positive"
# A warning counts only if it is NumPy's own about numbers.
QUIETLY = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    {}
no_warning = not any(issubclass(w.category, RuntimeWarning) for w in caught)
float32_kept = str({}.dtype) == 'float32'
"""


def float32(draw):
    """The same inputs in single precision."""

    def drawn(rng):
        return {
            name: value.astype(np.float32) if getattr(value, "dtype", None) == np.float64 else value
            for name, value in draw(rng).items()
        }

    return drawn


def kept(call, out):
    """The call, and whether what it returns has kept single precision."""
    return f"{call}\nfloat32_kept = str({out}.dtype) == 'float32'"


def in_float32(name, points, *outputs, draw, **options):
    """Compare outputs for inputs in single precision, which lie in memory with gaps."""
    return values(name, points, *outputs, draw=float32(draw), layout="strided", rtol=1e-5, **options)


def twice(call):
    """The call with its last line, the backward pass, run twice on the same cache, first with a copy of dout."""
    *before, last = call.splitlines()
    both = "\n".join([*before, last.replace("dout", "dout.copy()"), last])
    return kept(both, last.split(" = ")[0].split(", ")[0])


def draw_any_shape(rng):
    """An array of rank 1 to 4."""
    shape = [(9,), (5, 3), (2, 4, 3), (2, 3, 1, 4)][rng.integers(4)]
    return {"x": rng.normal(size=shape), "dout": rng.normal(size=shape)}


def draw_zeros(rng):
    """Some entries are exactly 0."""
    inputs = draw_any_shape(rng)
    inputs["x"].flat[::3] = 0.0
    return inputs

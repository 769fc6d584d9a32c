"""Checks that layer tasks share: inputs of any shape, float32, warnings, a backward pass run twice on one cache."""

import numpy as np

from autograder.tasks.spec import values

__all__ = [
    *("CHANGES_DOUT", "CHANGES_X", "DOUT_MISSING", "FLOAT64", "OVERFLOW", "CATCH_WARNINGS"),
    "FIRST_ENTRIES",
    *("draw_any_shape", "draw_zeros", "float32", "in_float32", "with_dtype_check", "backward_twice"),
]

FLOAT64 = "float32 goes in, float64 comes out: keep the dtype of the input"
DOUT_MISSING = "this is the layer's own derivative: it is not multiplied by dout"
CHANGES_DOUT = "dout is changed by the call: dout *= ... and dout[mask] = ... work in place, so take a copy"
CHANGES_X = "x is changed by the call: x *= ... and x[mask] = ... work in place, so take a copy"
OVERFLOW = "exp overflows on large numbers and NumPy warns: give it only arguments that are not positive"
# One number of each array of a dict, together: it is float32 only if all of them are.
FIRST_ENTRIES = "np.concatenate([np.ravel(value)[:1] for value in {}.values()])"
# Only RuntimeWarning counts: NumPy uses it for numerical problems.
CATCH_WARNINGS = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    {}
no_warning = not any(issubclass(w.category, RuntimeWarning) for w in caught)
float32_kept = str({}.dtype) == 'float32'
"""


def float32(draw):
    """Return a draw function with the same inputs, float64 arrays cast to float32."""

    def draw_float32(rng):
        return {
            name: value.astype(np.float32) if getattr(value, "dtype", None) == np.float64 else value
            for name, value in draw(rng).items()
        }

    return draw_float32


def with_dtype_check(call, out):
    """Return the call, followed by a line that sets float32_kept: whether the output `out` is float32."""
    return f"{call}\nfloat32_kept = str({out}.dtype) == 'float32'"


def in_float32(name, points, *outputs, draw, **options):
    """Return a check of outputs for float32 inputs that are not contiguous in memory."""
    return values(name, points, *outputs, draw=float32(draw), layout="strided", rtol=2e-5, **options)


def backward_twice(call):
    """Return the call with its last line, the backward pass, run twice on one cache, first with a copy of dout."""
    *before, backward_line = call.splitlines()
    two_calls = "\n".join([*before, backward_line.replace("dout", "dout.copy()"), backward_line])
    return with_dtype_check(two_calls, backward_line.split(" = ")[0].split(", ")[0])


def draw_any_shape(rng):
    """Draw x and dout of the same shape, of rank 1 to 4."""
    shape = [(9,), (5, 3), (2, 4, 3), (2, 3, 1, 4)][rng.integers(4)]
    return {"x": rng.normal(size=shape), "dout": rng.normal(size=shape)}


def draw_zeros(rng):
    """Draw x with every third entry exactly 0."""
    inputs = draw_any_shape(rng)
    inputs["x"].flat[::3] = 0.0
    return inputs

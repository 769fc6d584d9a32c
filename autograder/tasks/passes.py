"""What the tasks of layers have in common: inputs of any shape, single precision, a cache that is used twice."""

import numpy as np

__all__ = ["CHANGES_DOUT", "CHANGES_X", "DOUT_MISSING", "FLOAT64", "draw_any_shape", "draw_zeros", "float32", "twice"]

FLOAT64 = "float32 goes in, float64 comes out: keep the dtype of the input"
DOUT_MISSING = "this is the layer's own derivative: it is not multiplied by dout"
CHANGES_DOUT = "dout is changed by the call: dout *= ... and dout[mask] = ... work in place, so take a copy"
CHANGES_X = "x is changed by the call: x *= ... and x[mask] = ... work in place, so take a copy"


def float32(draw):
    """The same inputs in single precision."""

    def drawn(rng):
        return {
            name: value.astype(np.float32) if getattr(value, "dtype", None) == np.float64 else value
            for name, value in draw(rng).items()
        }

    return drawn


def twice(call):
    """The call with its last line, the backward pass, run twice on the same cache, first with a copy of dout."""
    *before, last = call.splitlines()
    return "\n".join([*before, last.replace("dout", "dout.copy()"), last]) + (
        f"\nfloat32_kept = str({last.split(' = ')[0].split(', ')[0]}.dtype) == 'float32'"
    )


def draw_any_shape(rng):
    """An array of rank 1 to 4."""
    shape = [(9,), (5, 3), (2, 4, 3), (2, 3, 1, 4)][rng.integers(4)]
    return {"x": rng.normal(size=shape), "dout": rng.normal(size=shape)}


def draw_zeros(rng):
    """Some entries are exactly 0."""
    inputs = draw_any_shape(rng)
    inputs["x"].flat[::3] = 0.0
    return inputs

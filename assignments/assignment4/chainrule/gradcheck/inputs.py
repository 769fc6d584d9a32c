"""What the checks of gradients are given: x to alter and put back, what f returns, a gradient of x's shape."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from chainrule.errors import ChainruleError

__all__ = ["array_of", "borrowed", "gradient_of", "number_of"]


@contextmanager
def borrowed(x, kind) -> Iterator[np.ndarray]:
    """x as an array to alter: x itself if its dtype is of this kind, else a float64 copy; put back whatever happens."""
    own = isinstance(x, np.ndarray) and np.issubdtype(x.dtype, kind) and x.flags.writeable
    x = x if own else np.array(x, dtype=np.float64)
    saved = x.copy()
    try:
        yield x
    finally:
        x[...] = saved


def gradient_of(analytic, x):
    """The analytic gradient in float64, if it has x's shape and there is something to check."""
    analytic, shape = np.asarray(analytic, dtype=np.float64), np.shape(x)
    if analytic.shape != shape:
        raise ChainruleError(
            f"gradient check: expected x's shape {shape}, got a gradient of {analytic.shape}; check sums"
        )
    if not analytic.size:
        raise ChainruleError(f"gradient check: expected something to check, got an empty x of shape {shape}")
    return analytic


def number_of(value):
    """What f returned as one float."""
    if isinstance(value, tuple):
        raise ChainruleError("f: expected one number, got a tuple; return the loss alone, as in lambda x: f(x)[0]")
    if np.size(value) != 1:
        raise ChainruleError(
            f"f: expected one number, got shape {np.shape(value)}; try numerical_gradient_array with a dout"
        )
    return float(np.asarray(value).item())


def array_of(value, shape=None):
    """What f returned as a float64 array, of dout's shape if that is given: a copy, for f may return x itself."""
    if isinstance(value, tuple):
        raise ChainruleError("f: expected one array, got a tuple; return the output alone, as in lambda x: f(x)[0]")
    value = np.array(value, dtype=np.float64)
    if shape is not None and value.shape != shape:
        raise ChainruleError(f"f: expected an array of dout's shape {shape}, got {value.shape}")
    return value

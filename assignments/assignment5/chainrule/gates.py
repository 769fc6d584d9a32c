"""The gates that circuits are built of: each computes one simple thing, and knows its own derivative.

Four gates, forward and backward: `add_gate_forward`, `multiply_gate_forward`, `max_gate_forward` and
`sigmoid_gate_forward` return (out, cache); `add_gate_backward`, `multiply_gate_backward`, `max_gate_backward` and
`sigmoid_gate_backward` take the upstream gradient dout (of out's shape) and that cache, and return the gradient
of every input. What stands in the cache is up to the pair of functions.

Inputs are numbers, or arrays of one shape, on which a gate works entry by entry. Nothing is changed in place.
"""

import numpy as np

__all__ = [
    "add_gate_backward",
    "add_gate_forward",
    "max_gate_backward",
    "max_gate_forward",
    "multiply_gate_backward",
    "multiply_gate_forward",
    "sigmoid_gate_backward",
    "sigmoid_gate_forward",
]


def add_gate_forward(x, y):
    """Return (out, cache) with out = x + y. x, y: numbers, or arrays of one shape."""
    out = x + y
    cache = ()
    return out, cache


def add_gate_backward(dout, cache):
    """Return (dx, dy), the gradients at the inputs of the add gate, from dout, the gradient at its output."""
    dx = 1.0 * dout
    dy = 1.0 * dout
    return dx, dy


def multiply_gate_forward(x, y):
    """Return (out, cache) with out = x * y, entry by entry. x, y: numbers, or arrays of one shape."""
    out = x * y
    cache = (x, y)
    return out, cache


def multiply_gate_backward(dout, cache):
    """Return (dx, dy), the gradients at the inputs of the multiply gate, from dout, the gradient at its output."""
    x, y = cache
    dx = y * dout
    dy = x * dout
    return dx, dy


def max_gate_forward(x, y):
    """Return (out, cache) with out = max(x, y), entry by entry. x, y: numbers, or arrays of one shape."""
    out = np.maximum(x, y)
    cache = (x, y)
    return out, cache


def max_gate_backward(dout, cache):
    """Return (dx, dy), the gradients at the inputs of the max gate, from dout, the gradient at its output.

    The larger input gets all of dout, the other one 0. At a tie, x = y, it goes to x.
    """
    x, y = cache
    dx = dout * (x >= y)
    dy = dout * (x < y)
    return dx, dy


def sigmoid_gate_forward(x):
    """Return (out, cache) with out = 1 / (1 + e^-x), entry by entry. x: a number or an array.

    Right, and never nan, for every x, however large or small (1000 and -1000, say). float32 stays float32.
    """
    small = np.exp(-np.abs(x))
    # The exponent is never positive, so nothing overflows: 1 / (1 + e^-x) = e^x / (1 + e^x).
    out = np.where(x >= 0, 1, small) / (1 + small)
    cache = out
    return out, cache


def sigmoid_gate_backward(dout, cache):
    """Return dx, the gradient at the input of the sigmoid gate, from dout, the gradient at its output."""
    out = cache
    dx = dout * out * (1 - out)
    return dx

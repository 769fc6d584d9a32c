"""Non-linearities for hidden layers, each with its `forward` and `backward`.

`sigmoid_*` and `tanh_*` saturate on both sides; `leaky_relu_*` and `elu_*` let something through on the negative
side; `maxout_*` takes the larger of two affine layers. (`relu_forward` and `relu_backward` are in `layers`.)

`forward` returns (out, cache), `backward(dout, cache)` the gradients in the order of the inputs. x has any shape,
except for maxout.
"""

import numpy as np

__all__ = [
    "elu_backward",
    "elu_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "maxout_backward",
    "maxout_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "tanh_backward",
    "tanh_forward",
]


def sigmoid_forward(x):
    """Logistic function, out = 1 / (1 + e^-x), of an array of any shape.

    exp never overflows: there is no warning at |x| = 1000. Returns (out, cache).
    """
    small = np.exp(-np.abs(x))  # at most 1
    out = np.where(x >= 0, 1, small) / (1 + small)
    return out, out


def sigmoid_backward(dout, cache):
    """Gradient of the logistic function s: dx = dout * s(x) * (1 - s(x)). cache: from `sigmoid_forward`."""
    out = cache
    return dout * out * (1 - out)


def tanh_forward(x):
    """Hyperbolic tangent, out = (e^x - e^-x) / (e^x + e^-x), of an array of any shape.

    Right at |x| = 1000, too, without a warning. Returns (out, cache).
    """
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, cache):
    """Gradient of the hyperbolic tangent: dx = dout * (1 - tanh(x)^2). cache: from `tanh_forward`."""
    out = cache
    return dout * (1 - out**2)


def leaky_relu_forward(x, alpha=0.01):
    """Leaky rectified linear unit: out = x where x > 0, and alpha * x elsewhere (Maas, Hannun and Ng, 2013).

    x: array of any shape; alpha: slope of the negative side, in 0..1. Returns (out, cache).
    """
    return np.where(x > 0, x, alpha * x), (x, alpha)


def leaky_relu_backward(dout, cache):
    """Gradient of the leaky ReLU: dx = dout where x > 0, and alpha * dout elsewhere (also at x = 0).

    dout: of the output's shape; cache: from `leaky_relu_forward`. Returns dx.
    """
    x, alpha = cache
    return np.where(x > 0, dout, alpha * dout)


def elu_forward(x, alpha=1.0):
    """Exponential linear unit: out = x where x > 0, and alpha * (e^x - 1) elsewhere (Clevert et al., 2016).

    x: array of any shape. exp never overflows: there is no warning at |x| = 1000. Returns (out, cache).
    """
    negative = np.minimum(x, 0)
    return np.where(x > 0, x, alpha * (np.exp(negative) - 1)), (x, alpha)


def elu_backward(dout, cache):
    """Gradient of the exponential linear unit: dx = dout where x > 0, and dout * alpha * e^x elsewhere.

    dout: of the output's shape; cache: from `elu_forward`. No warning at |x| = 1000 here either. Returns dx.
    """
    x, alpha = cache
    negative = np.minimum(x, 0)
    return np.where(x > 0, dout, dout * alpha * np.exp(negative))


def maxout_forward(x, w1, b1, w2, b2):
    """Maxout layer of two pieces: out = max(x w1 + b1, x w2 + b2), entry by entry (Goodfellow et al., 2013).

    x: (N, D); w1, w2: (D, M); b1, b2: (M,). Returns (out, cache), out (N, M).
    """
    first, second = x @ w1 + b1, x @ w2 + b2
    return np.maximum(first, second), (x, w1, w2, first - second)


def maxout_backward(dout, cache):
    """Gradients of the maxout layer: each entry of dout goes to the piece that was larger, at a tie to the first.

    dout: (N, M); cache: from `maxout_forward`.
    Returns (dx, dw1, db1, dw2, db2) of the shapes of the inputs.
    """
    x, w1, w2, lead = cache
    dfirst, dsecond = dout * (lead >= 0), dout * (lead < 0)
    dx = dfirst @ w1.T + dsecond @ w2.T
    return dx, x.T @ dfirst, np.sum(dfirst, axis=0), x.T @ dsecond, np.sum(dsecond, axis=0)

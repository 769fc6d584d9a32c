"""Gradients of whole circuits, by staged computation: forward one step at a time, then backward through the same steps.

`product_circuit`, `sigmoid_neuron` and `staged_circuit` work on numbers and return the value with every gradient;
`matmul_backward` and `sum_squares` on matrices; `maximum_jacobian` writes out the Jacobian that `maximum_backward`
does without. A gradient always has the shape of its variable.
"""

import numpy as np

__all__ = [
    "matmul_backward",
    "maximum_backward",
    "maximum_jacobian",
    "product_circuit",
    "sigmoid_neuron",
    "staged_circuit",
    "sum_squares",
]


def product_circuit(x, y, z):
    """Return (f, dx, dy, dz) of f = (x + y) z: the value, and its derivatives by the three numbers."""
    q = x + y
    f = q * z
    # Backward: the last gate first.
    dq = z
    dz = q
    dx = 1.0 * dq
    dy = 1.0 * dq
    return f, dx, dy, dz


def sigmoid_neuron(w, x):
    """Return (f, dw, dx) of a neuron with two inputs: f = s(w_0 x_0 + w_1 x_1 + w_2), with s(z) = 1 / (1 + e^-z).

    w: (3,), the bias w_2 last; x: (2,). f is a number, dw (3,) and dx (2,) are arrays.
    """
    z = w[0] * x[0] + w[1] * x[1] + w[2]
    f = 1 / (1 + np.exp(-z))
    dz = f * (1 - f)
    dw = np.array([x[0] * dz, x[1] * dz, dz])
    dx = np.array([w[0] * dz, w[1] * dz])
    return f, dw, dx


def staged_circuit(x, y):
    """Return (f, dx, dy) of f = (x + s(y)) / (s(x) + (x + y)^2), with s(z) = 1 / (1 + e^-z), for two numbers."""
    s_x = 1 / (1 + np.exp(-x))
    s_y = 1 / (1 + np.exp(-y))
    top = x + s_y
    total = x + y
    square = total**2
    bottom = s_x + square
    f = top / bottom
    # Backward, in the opposite order: one line for every line above.
    dtop = 1 / bottom
    dbottom = -top / bottom**2
    dsquare = dbottom
    dtotal = 2 * total * dsquare
    ds_x = dbottom
    ds_y = dtop
    # x enters three times and y twice: what comes back along each way is added.
    dx = dtop + dtotal + s_x * (1 - s_x) * ds_x
    dy = dtotal + s_y * (1 - s_y) * ds_y
    return f, dx, dy


def matmul_backward(dD, W, X):
    """Return (dW, dX) for D = W X. dD: (M, N), the upstream gradient, of D's shape; W: (M, K); X: (K, N)."""
    dW = dD @ X.T
    dX = W.T @ dD
    return dW, dX


def sum_squares(W, x):
    """Return (f, dW, dx) of f = ||W x||^2, the sum of the squares of the entries of W x. W: (M, K), x: (K,)."""
    q = W @ x
    f = np.sum(q**2)
    dq = 2 * q
    dW = np.outer(dq, x)
    dx = W.T @ dq
    return f, dW, dx


def maximum_jacobian(x):
    """Return the Jacobian (n, n) of max(0, x), taken entry by entry: J[i, j] = d max(0, x_i) / d x_j. x: (n,).

    At x = 0 the derivative is taken to be 0.
    """
    return np.diag(np.where(x > 0, 1.0, 0.0))


def maximum_backward(dout, x):
    """Return dx (n,) for out = max(0, x), the product of dout (n,) and the Jacobian, without an (n, n) array.

    At x = 0 the derivative is taken to be 0. All n entries are treated at once.
    """
    return dout * (x > 0)

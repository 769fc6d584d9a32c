"""Layers of deep networks: each a `forward` that returns (out, cache) and a `backward(dout, cache)`.

`affine_forward` and `affine_backward` are the fully connected layer, `relu_forward` and `relu_backward` the
non-linearity; `svm_loss` and `softmax_loss` end the network: they return the loss and its gradient with respect to
the scores.

dout is the gradient of the loss with respect to the layer's output and has the output's shape. The cache holds what
the backward pass needs; its format is the layer's own affair.
"""

import numpy as np

__all__ = ["affine_backward", "affine_forward", "relu_backward", "relu_forward", "softmax_loss", "svm_loss"]


def affine_forward(x, w, b):
    """Fully connected layer: out = x w + b, each input flattened to a row of D numbers.

    x: (N, d_1, ..., d_k) with d_1 * ... * d_k = D, any k >= 1; w: (D, M); b: (M,).
    Returns (out, cache), out (N, M).
    """
    out = x.reshape(len(x), -1) @ w + b
    return out, (x, w)


def affine_backward(dout, cache):
    """Gradients of the fully connected layer, with respect to x, w and b.

    dout: (N, M); cache: from `affine_forward`.
    Returns (dx, dw, db) of the shapes of x (N, d_1, ..., d_k), w (D, M) and b (M,).
    """
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    """Rectified linear unit, out = max(0, x), of an array of any shape (Nair and Hinton, 2010).

    Returns (out, cache).
    """
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    """Gradient of the rectified linear unit: dx = dout where x > 0, and 0 elsewhere (also at x = 0).

    dout: of the output's shape; cache: from `relu_forward`. Returns dx.
    """
    x = cache
    return dout * (x > 0)


def svm_loss(x, y):
    """Multiclass hinge loss with margin 1 of a batch of scores (Weston and Watkins, 1999).

    x: (N, C) scores, y: (N,) labels in 0..C-1.
    loss = 1/N sum_i sum_{j != y_i} max(0, x_ij - x_{i, y_i} + 1). Returns (loss, dx), dx (N, C).
    """
    N, rows = len(x), np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = np.sum(margins) / N

    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -np.sum(dx, axis=1)
    return loss, dx / N


def softmax_loss(x, y):
    """Cross-entropy of the softmax of a batch of scores.

    x: (N, C) scores, y: (N,) labels in 0..C-1.
    loss = -1/N sum_i log(exp(x_{i, y_i}) / sum_j exp(x_ij)), finite for scores of 1e4.
    Returns (loss, dx), dx (N, C).
    """
    N, rows = len(x), np.arange(len(x))
    shifted = x - np.max(x, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    loss = -np.sum(log_probs[rows, y]) / N

    dx = np.exp(log_probs)
    dx[rows, y] -= 1
    return loss, dx / N

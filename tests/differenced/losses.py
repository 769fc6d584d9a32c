"""Losses and layers whose gradients are differences, in loops, in one batch, in threads, and of one output alone."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np


def softmax_of(scores, y):
    shifted = scores - scores.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -logs[..., np.arange(len(y)), y].mean(axis=-1)


def softmax_loss_naive(W, X, y, reg):
    """In place, by recursion: a call without reg's sign gives the loss alone."""

    def loss():
        return softmax_of(X @ W, y) + reg * np.sum(W * W)

    value, dW, W = loss(), np.zeros(W.shape), W.copy()
    rows, columns = W.shape
    for i in range(rows):
        for j in range(columns):
            W[i, j] += 1e-6
            above = loss()
            W[i, j] -= 2e-6
            dW[i, j] = (above - loss()) / 2e-6
            W[i, j] += 1e-6
    return value, dW


def softmax_loss_vectorized(W, X, y, reg):
    """All copies of W in one array."""
    steps = 1e-5 * np.eye(W.size).reshape(-1, *W.shape)

    def loss(weights):
        return softmax_of(X @ weights, y) + reg * np.sum(weights**2, axis=(-2, -1))

    return loss(W), ((loss(W + steps) - loss(W - steps)) / 2e-5).reshape(W.shape)


def svm_loss_vectorized(W, X, y, reg):
    """Without any function of its own, by a single expression for each entry."""
    rows = np.arange(len(y))

    def margins(scores):
        gaps = np.maximum(0, scores - scores[rows, y][:, None] + 1)
        return (np.sum(gaps) - len(y)) / len(y)

    slope = np.vectorize(
        lambda i, j: (margins(X @ (W + 1e-4 * unit(W, i, j))) - margins(X @ (W - 1e-4 * unit(W, i, j)))) / 2e-4
    )
    return margins(X @ W) + reg * np.sum(W**2), slope(*np.indices(W.shape)) + 2 * reg * W


def unit(W, i, j):
    return np.outer(np.arange(W.shape[0]) == i, np.arange(W.shape[1]) == j)


def squared_hinge_loss_vectorized(W, X, y, reg):
    """In threads, with numbers rounded so that no error of a difference is seen."""
    rows = np.arange(len(y))

    def loss(weights):
        scores = X @ weights
        gaps = np.maximum(0, scores - scores[rows, y][:, None] + 1)
        gaps[rows, y] = 0
        return np.sum(gaps**2) / len(y) + reg * np.sum(weights**2)

    def slope(index):
        step = np.zeros_like(W)
        step[index] = 1e-5
        return (loss(W + step) - loss(W - step)) / 2e-5

    with ThreadPoolExecutor(2) as pool:
        dW = np.reshape([*pool.map(slope, np.ndindex(W.shape))], W.shape)
    return loss(W), np.round(dW, 8)


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    """Exact, as the layer is linear: steps of one."""
    x, w, b = cache
    return tuple(
        by_steps_of_one(lambda v, k=k: affine_forward(*cache[:k], v, *cache[k + 1 :])[0], cache[k], dout)
        for k in range(3)
    )


def by_steps_of_one(layer, x, dout):
    slopes, x, start = np.zeros(x.shape), x.copy(), layer(x)
    for index in np.ndindex(x.shape):
        x[index] += 1
        slopes[index] = np.sum((layer(x) - start) * dout)
        x[index] -= 1
    return slopes


def tanh_forward(x):
    return np.tanh(x), x


def tanh_backward(dout, cache):
    """All entries at once: each value depends on one of them."""
    return dout * np.imag(np.tanh(cache + 1e-30j)) / 1e-30


def sigmoid_forward(x):
    return 0.5 * np.tanh(0.5 * x) + 0.5, x


def sigmoid_backward(dout, cache):
    h = np.longdouble(1e-6)
    return (dout * (sigmoid_forward(cache + h)[0] - sigmoid_forward(cache - h)[0]) / (2 * h)).astype(dout.dtype)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, b, next_h)


def rnn_step_backward(dnext_h, cache):
    """The slope of tanh is a difference, all else is derived."""
    x, prev_h, Wx, Wh, b, _ = cache
    scores = x @ Wx + prev_h @ Wh + b
    dscores = dnext_h * (np.tanh(scores + 1e-6) - np.tanh(scores - 1e-6)) / 2e-6
    return dscores @ Wx.T, dscores @ Wh.T, x.T @ dscores, prev_h.T @ dscores, dscores.sum(axis=0)

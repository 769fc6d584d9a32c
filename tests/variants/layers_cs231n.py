"""Layers, activations and first weights in the long-hand style of CS231n: copies, masks and assignments to slices."""

import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    D = np.prod(x.shape[1:])
    rows = np.reshape(x, (N, D))
    out = rows.dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    D = np.prod(x.shape[1:])
    dx = dout.dot(w.T)
    dx = dx.reshape(*x.shape)
    dw = np.reshape(x, (N, D)).T.dot(dout)
    db = dout.sum(axis=0)
    assert db.shape == b.shape
    return dx, dw, db


def relu_forward(x):
    out = x.copy()
    out[out < 0] = 0
    cache = out
    return out, cache


def relu_backward(dout, cache):
    dx = np.array(dout, copy=True)
    dx[cache <= 0] = 0
    return dx


def svm_loss(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y]
    margins = np.maximum(0, x - correct[:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N
    positive = np.sum(margins > 0, axis=1)
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    dx[np.arange(N), y] -= positive
    dx /= N
    return loss, dx


def softmax_loss(x, y):
    shifted = x - x.max(axis=1).reshape(-1, 1)
    Z = np.exp(shifted).sum(axis=1).reshape(-1, 1)
    logs = shifted - np.log(Z)
    N = x.shape[0]
    loss = -logs[range(N), y].mean()
    dx = np.exp(logs).copy()
    dx[range(N), list(y)] -= 1
    dx /= N
    return loss, dx


def sigmoid_forward(x):
    positive = x >= 0
    z = np.zeros_like(x)
    z[positive] = np.exp(-x[positive])
    z[~positive] = np.exp(x[~positive])
    top = np.ones_like(x)
    top[~positive] = z[~positive]
    return top / (1 + z), x


def sigmoid_backward(dout, cache):
    s, _ = sigmoid_forward(cache)
    return (s - s**2) * dout


def tanh_forward(x):
    # A sigmoid stretched to -1..1, of twice the argument.
    s, _ = sigmoid_forward(2 * x)
    return 2 * s - 1, x


def tanh_backward(dout, cache):
    t, _ = tanh_forward(cache)
    return (1 - t) * (1 + t) * dout


def leaky_relu_forward(x, alpha=0.01):
    out = x.copy()
    out[x < 0] = alpha * out[x < 0]
    cache = {"x": x, "alpha": alpha}
    return out, cache


def leaky_relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache["x"] <= 0] *= cache["alpha"]
    return dx


def elu_forward(x, alpha=1.0):
    out = x.copy()
    left = x <= 0
    out[left] = alpha * (np.exp(x[left]) - 1)
    return out, (out, alpha)


def elu_backward(dout, cache):
    out, alpha = cache
    dx = dout.copy()
    left = out <= 0
    dx[left] *= out[left] + alpha
    return dx


def maxout_forward(x, w1, b1, w2, b2):
    one, cache_one = affine_forward(x, w1, b1)
    two, cache_two = affine_forward(x, w2, b2)
    out = one.copy()
    out[two > one] = two[two > one]
    return out, (cache_one, cache_two, two > one)


def maxout_backward(dout, cache):
    cache_one, cache_two, second = cache
    done, dtwo = dout.copy(), dout.copy()
    done[second] = 0
    dtwo[~second] = 0
    dx1, dw1, db1 = affine_backward(done, cache_one)
    dx2, dw2, db2 = affine_backward(dtwo, cache_two)
    return dx1 + dx2, dw1, db1, dw2, db2


def initialize(kind, fan_in, fan_out, rng):
    if kind == "zeros":
        return np.zeros((fan_in, fan_out))
    if kind == "small":
        return 0.01 * rng.normal(size=(fan_in, fan_out))
    if kind == "xavier":
        return rng.normal(size=(fan_in, fan_out)) / np.sqrt(fan_in)
    if kind == "he":
        return rng.normal(size=(fan_in, fan_out)) * np.sqrt(2.0 / fan_in)
    raise ValueError("unknown kind " + str(kind))


def activation_statistics(x, weights, forward):
    num_layers = len(weights)
    means = np.zeros(num_layers)
    stds = np.zeros(num_layers)
    h = x
    for layer in range(num_layers):
        h, cache = forward(h.dot(weights[layer]))
        means[layer] = h.mean()
        stds[layer] = np.sqrt(((h - h.mean()) ** 2).mean())
    return means, stds

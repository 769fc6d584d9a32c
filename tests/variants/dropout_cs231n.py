"""Dropout and augmentation in the style of Stanford CS231n: np.random.seed and rand, cache = (dropout_param, mask)."""

import numpy as np


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if dropout_param.get("seed") is not None:
        np.random.seed(dropout_param["seed"])
    mask = None
    out = None
    if mode == "train":
        mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
    elif mode == "test":
        out = x
    else:
        raise ValueError("Invalid dropout mode " + mode)
    cache = (dropout_param, mask)
    out = out.astype(x.dtype, copy=False)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    dx = None
    if mode == "train":
        dx = dout * mask
    elif mode == "test":
        dx = dout
    return dx


def plain_dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if mode not in ["train", "test"]:
        raise ValueError("Invalid dropout mode " + mode)
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = np.random.rand(*x.shape) < p if mode == "train" else None
    out = x * mask if mode == "train" else p * x
    return out, (mode, p, mask)


def plain_dropout_backward(dout, cache):
    mode, p, mask = cache
    return dout * mask if mode == "train" else dout * p


class FullyConnectedNet:
    def drop_forward(self, x, mode):
        self.dropout_param["mode"] = mode
        if self.dropout_param["p"] != 1:
            return dropout_forward(x, self.dropout_param)
        return x, None

    def drop_backward(self, dout, cache):
        if cache is not None:
            dout = dropout_backward(dout, cache)
        return dout


def random_flip(X, rng, p=0.5):
    out = X.copy()
    for i in range(X.shape[0]):
        if rng.random() < p:
            out[i] = out[i][:, :, ::-1]
    return out


def random_crop(X, rng, pad):
    N, C, H, W = X.shape
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=X.dtype)
    padded[:, :, pad : pad + H, pad : pad + W] = X
    tops = rng.integers(0, 2 * pad, size=N, endpoint=True)
    lefts = rng.integers(0, 2 * pad, size=N, endpoint=True)
    return np.array([padded[i, :, tops[i] : tops[i] + H, lefts[i] : lefts[i] + W] for i in range(N)])


def random_contrast(X, rng, low, high):
    out = np.zeros_like(X)
    for i in range(X.shape[0]):
        c = low + (high - low) * rng.random()
        out[i] = c * X[i] + (1 - c) * X[i].mean()
    return out

"""Dropout by binomial draws and by indices of what goes; flips, crops and contrasts by index arrays and einsum."""

import numpy as np


def generator(dropout_param):
    return np.random.default_rng(dropout_param.get("seed"))


def require_mode(dropout_param):
    if dropout_param["mode"] not in {"train", "test"}:
        raise ValueError(f"no such mode: {dropout_param['mode']}")


def dropout_forward(x, dropout_param):
    require_mode(dropout_param)
    if dropout_param["mode"] == "test":
        return x.copy(), lambda dout: dout.copy()
    p = dropout_param["p"]
    gone = np.flatnonzero(generator(dropout_param).uniform(size=x.size) >= p)

    def layer(values):
        out = values / np.asarray(p, values.dtype)
        out.flat[gone] = 0
        return out

    return layer(x), layer


def dropout_backward(dout, cache):
    return cache(dout)


def plain_dropout_forward(x, dropout_param):
    require_mode(dropout_param)
    p = dropout_param["p"]
    if dropout_param["mode"] == "train":
        factor = generator(dropout_param).binomial(1, p, size=x.shape).astype(x.dtype)
    else:
        factor = np.full(x.shape, p, dtype=x.dtype)
    return np.multiply(x, factor), {"factor": factor}


def plain_dropout_backward(dout, cache):
    return np.multiply(dout, cache["factor"])


class FullyConnectedNet:
    """With p = 1 the layer runs as with any other p: nothing goes, and the factor is 1."""

    def drop_forward(self, x, mode):
        return dropout_forward(x, {**self.dropout_param, "mode": mode})

    def drop_backward(self, dout, cache):
        return dropout_backward(dout, cache)


def random_flip(X, rng, p=0.5):
    W = X.shape[3]
    columns = np.where(rng.binomial(1, p, size=(len(X), 1)) == 1, np.arange(W)[::-1], np.arange(W))
    return np.take_along_axis(X, columns[:, None, None, :], axis=3)


def random_crop(X, rng, pad):
    N, _, H, W = X.shape
    padded = np.pad(X, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (H, W), axis=(2, 3))
    place = rng.integers((2 * pad + 1) ** 2, size=N)
    return windows[np.arange(N), :, place // (2 * pad + 1), place % (2 * pad + 1)].copy()


def random_contrast(X, rng, low, high):
    c = rng.uniform(low, high, len(X)).astype(X.dtype)
    centred = X - X.mean((1, 2, 3), keepdims=True)
    return X + np.einsum("n,nchw->nchw", c - 1, centred)

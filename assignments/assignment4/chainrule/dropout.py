"""Dropout: in training each activation is kept with probability p and else set to 0 (Srivastava et al., 2014).

`dropout_forward` and `dropout_backward` scale in training ("inverted" dropout), `plain_dropout_forward` and
`plain_dropout_backward` at test time. p is the probability of keeping, not of dropping.
"""

import numpy as np

__all__ = ["dropout_backward", "dropout_forward", "plain_dropout_backward", "plain_dropout_forward"]


def dropout_forward(x, dropout_param):
    """Inverted dropout. x: array of any shape. Returns (out, cache), out of x's shape.

    dropout_param: dict with the keys p, the probability of keeping an entry (0 < p <= 1); mode, "train" or "test"; and
    perhaps seed: the same seed gives the same mask again; without it (or with None) every call draws a new one.
    train: every entry is kept with probability p, independently, and divided by p; the others become 0.
    test: out equals x. Any other mode raises ValueError.
    """
    p, mode, seed = dropout_param["p"], dropout_param["mode"], dropout_param.get("seed")
    if mode == "test":
        return x, None
    if mode != "train":
        raise ValueError(f"mode: expected 'train' or 'test', got {mode!r}")
    rng = np.random if seed is None else np.random.default_rng(seed)
    kept = rng.random(x.shape) < p
    mask = (kept / p).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, cache):
    """Gradient of `dropout_forward`: what was dropped gets 0, what was kept is scaled as it was in the forward pass.

    dout: array of x's shape, cache: from the forward pass in either mode. Returns dx.
    """
    mask = cache
    if mask is None:
        return dout
    return dout * mask


def plain_dropout_forward(x, dropout_param):
    """Dropout without scaling in training; it is done at test time instead. Returns (out, cache).

    x, dropout_param: as in `dropout_forward`.
    train: every entry is kept as it is with probability p, independently; the others become 0.
    test: out is x * p, the mean of what training gives. Any other mode raises ValueError.
    """
    p, mode, seed = dropout_param["p"], dropout_param["mode"], dropout_param.get("seed")
    if mode == "test":
        return x * p, p
    if mode != "train":
        raise ValueError(f"mode: expected 'train' or 'test', got {mode!r}")
    rng = np.random if seed is None else np.random.default_rng(seed)
    mask = rng.random(x.shape) < p
    return x * mask, mask


def plain_dropout_backward(dout, cache):
    """Gradient of `plain_dropout_forward`. dout: array of x's shape, cache: from the forward pass in either mode.

    Returns dx.
    """
    scale = cache
    return dout * scale

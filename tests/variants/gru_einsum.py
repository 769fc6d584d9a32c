"""The GRU with stacked blocks (3, D, H) and einsum; the sequence is a recursion over its steps."""

import numpy as np


def blocks(array):
    return np.stack(np.split(array, 3, axis=-1))


def flat(array):
    return np.concatenate(list(array), axis=-1)


def gru_step_forward(x, prev_c, Wx, Wh, b):
    V, W = blocks(Wx), blocks(Wh)
    from_x = np.einsum("nd,kdh->knh", x, V) + blocks(b)[:, None]
    half = 0.5 * (from_x[:2] + np.einsum("nj,kjh->knh", prev_c, W[:2]))
    u, r = (1 + np.tanh(half)) / 2
    kept = r * prev_c
    new = np.tanh(from_x[2] + np.einsum("nj,jh->nh", kept, W[2]))
    return u * new + prev_c - u * prev_c, [x, prev_c, V, W, u, r, kept, new]


def gru_step_backward(dnext_c, cache):
    x, prev_c, V, W, u, r, kept, new = cache
    dnew = dnext_c * u * (1 + new) * (1 - new)
    dkept = np.einsum("nh,jh->nj", dnew, W[2])
    da = np.stack([dnext_c * (new - prev_c) * (u - u * u), dkept * prev_c * (r - r * r), dnew])
    dprev_c = dnext_c - dnext_c * u + dkept * r + np.einsum("knh,kjh->nj", da[:2], W[:2])
    states = np.stack([prev_c, prev_c, kept])
    dWh = np.einsum("knj,knh->kjh", states, da)
    return np.einsum("knh,kdh->nd", da, V), dprev_c, flat(np.einsum("nd,knh->kdh", x, da)), flat(dWh), flat(da.sum(1))


def gru_forward(x, c0, Wx, Wh, b):
    if x.shape[1] == 0:
        return np.zeros((len(x), 0, c0.shape[1]), x.dtype), ()
    first, step = gru_step_forward(x[:, 0], c0, Wx, Wh, b)
    rest, cache = gru_forward(x[:, 1:], first, Wx, Wh, b)
    return np.concatenate([first[:, None], rest], axis=1), (step, *cache)


def gru_backward(dc, cache):
    if len(cache) == 1:
        dx, dc0, *weights = gru_step_backward(dc[:, 0], cache[0])
        return dx[:, None], dc0, *weights
    dx, dnext, *later = gru_backward(dc[:, 1:], cache[1:])
    dx_0, dc0, *first = gru_step_backward(dc[:, 0] + dnext, cache[0])
    return np.concatenate([dx_0[:, None], dx], axis=1), dc0, *(a + b for a, b in zip(first, later, strict=True))

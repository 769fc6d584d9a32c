"""The LSTM with one product for the inputs of all steps, one for each gradient, and tanh in place of the sigmoid."""

import numpy as np


def cell(scores, prev_c):
    """The four gates as one array (4, N, H), and the new states."""
    a = np.stack(np.split(scores, 4, axis=1))
    gates = np.concatenate([0.5 * np.tanh(0.5 * a[:3]) + 0.5, np.tanh(a[3:])])
    i, f, o, g = gates
    c = i * g + f * prev_c
    return gates, c, o * np.tanh(c)


def cell_backward(dh, dc, gates, prev_c, c):
    """The gradient of the scores, and that of the old cell."""
    i, f, o, g = gates
    th = np.tanh(c)
    total = dc + dh * o / np.cosh(c) ** 2
    ingredients = np.stack([total * g, total * prev_c, dh * th, total * i])
    slopes = np.concatenate([gates[:3] - gates[:3] ** 2, (1 + g[None]) * (1 - g[None])])
    return np.hstack(list(ingredients * slopes)), total * f


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    inputs, W = np.hstack([x, prev_h]), np.vstack([Wx, Wh])
    gates, next_c, next_h = cell(inputs @ W + b, prev_c)
    return next_h, next_c, {"inputs": inputs, "W": W, "gates": gates, "prev_c": prev_c, "c": next_c, "D": x.shape[1]}


def lstm_step_backward(dnext_h, dnext_c, cache):
    da, dprev_c = cell_backward(dnext_h, dnext_c, cache["gates"], cache["prev_c"], cache["c"])
    dx, dprev_h = np.split(da @ cache["W"].T, [cache["D"]], axis=1)
    dWx, dWh = np.split(np.einsum("nk,nm->km", cache["inputs"], da), [cache["D"]])
    return dx, dprev_h, dprev_c, dWx, dWh, np.ones(len(da), da.dtype) @ da


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, _ = x.shape
    from_x = np.einsum("ntd,dk->tnk", x, Wx) + b
    h, c = np.empty((T + 1, *h0.shape), x.dtype), np.zeros((T + 1, *h0.shape), x.dtype)
    gates = np.empty((T, 4, *h0.shape), x.dtype)
    h[0] = h0
    for t in range(T):
        gates[t], c[t + 1], h[t + 1] = cell(from_x[t] + h[t] @ Wh, c[t])
    return h[1:].swapaxes(0, 1), (x, h, c, gates, Wx, Wh)


def lstm_backward(dh, cache):
    x, h, c, gates, Wx, Wh = cache
    T = dh.shape[1]
    das = [None] * T
    back_h, back_c = np.zeros_like(h[0]), np.zeros_like(c[0])
    for t in range(T)[::-1]:
        das[t], back_c = cell_backward(back_h + dh[:, t], back_c, gates[t], c[t], c[t + 1])
        back_h = das[t] @ Wh.T
    da = np.array(das)
    dWx, dWh = np.einsum("ntd,tnk->dk", x, da), np.einsum("tnh,tnk->hk", h[:-1], da)
    return np.einsum("tnk,dk->ntd", da, Wx), back_h, dWx, dWh, da.sum((0, 1))

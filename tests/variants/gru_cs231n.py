"""The GRU in the style of Stanford CS231n: blocks by name, arrays filled step by step, SciPy's sigmoid."""

import numpy as np
from scipy.special import expit


def gru_step_forward(x, prev_c, Wx, Wh, b):
    _, H = prev_c.shape
    Wxu, Wxr, Wxc = Wx[:, :H], Wx[:, H : 2 * H], Wx[:, 2 * H :]
    Whu, Whr, Whc = Wh[:, :H], Wh[:, H : 2 * H], Wh[:, 2 * H :]
    update = expit(x.dot(Wxu) + prev_c.dot(Whu) + b[:H])
    reset = expit(x.dot(Wxr) + prev_c.dot(Whr) + b[H : 2 * H])
    candidate = np.tanh(x.dot(Wxc) + (reset * prev_c).dot(Whc) + b[2 * H :])
    next_c = prev_c + update * (candidate - prev_c)
    cache = (x, prev_c, Wx, Wh, update, reset, candidate)
    return next_c, cache


def gru_step_backward(dnext_c, cache):
    x, prev_c, Wx, Wh, update, reset, candidate = cache
    _, H = prev_c.shape
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(Wx[0])
    dx = np.zeros_like(x)
    dprev_c = dnext_c * (1 - update)

    dac = dnext_c * update * (1 - candidate**2)
    dx += dac.dot(Wx[:, 2 * H :].T)
    dWx[:, 2 * H :] = x.T.dot(dac)
    dWh[:, 2 * H :] = (reset * prev_c).T.dot(dac)
    db[2 * H :] = dac.sum(axis=0)
    dproduct = dac.dot(Wh[:, 2 * H :].T)
    dprev_c += dproduct * reset

    dar = dproduct * prev_c * reset * (1 - reset)
    dx += dar.dot(Wx[:, H : 2 * H].T)
    dWx[:, H : 2 * H] = x.T.dot(dar)
    dWh[:, H : 2 * H] = prev_c.T.dot(dar)
    db[H : 2 * H] = dar.sum(axis=0)
    dprev_c += dar.dot(Wh[:, H : 2 * H].T)

    dau = dnext_c * (candidate - prev_c) * update * (1 - update)
    dx += dau.dot(Wx[:, :H].T)
    dWx[:, :H] = x.T.dot(dau)
    dWh[:, :H] = prev_c.T.dot(dau)
    db[:H] = dau.sum(axis=0)
    dprev_c += dau.dot(Wh[:, :H].T)
    return dx, dprev_c, dWx, dWh, db


def gru_forward(x, c0, Wx, Wh, b):
    N, T, D = x.shape
    c = np.zeros((N, T, c0.shape[1]), dtype=x.dtype)
    caches = []
    state = c0
    for t in range(T):
        state, step_cache = gru_step_forward(x[:, t], state, Wx, Wh, b)
        c[:, t] = state
        caches.append(step_cache)
    return c, (caches, Wx.shape, Wh.shape)


def gru_backward(dc, cache):
    caches, x_shape, h_shape = cache
    N, T, _ = dc.shape
    dx = np.zeros((N, T, x_shape[0]), dtype=dc.dtype)
    dWx, dWh, db = np.zeros(x_shape, dc.dtype), np.zeros(h_shape, dc.dtype), np.zeros(x_shape[1], dc.dtype)
    dstate = np.zeros_like(dc[:, 0])
    for t in range(T - 1, -1, -1):
        dstate = dstate + dc[:, t]
        dx[:, t], dstate, dWx_t, dWh_t, db_t = gru_step_backward(dstate, caches[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dstate, dWx, dWh, db

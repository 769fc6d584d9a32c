"""The recurrent layer: a hidden state that is carried through a sequence (Elman, 1990).

`rnn_step_forward` and `rnn_step_backward` are one step in time; `rnn_forward` and `rnn_backward` run through a whole
sequence, the latter by backpropagation through time (Werbos, 1990).

N sequences of T steps, D numbers a step in, H numbers in the hidden state. The same weights serve every step. The
caches may be used more than once; their format is the layer's own affair.
"""

import numpy as np

__all__ = ["rnn_backward", "rnn_forward", "rnn_step_backward", "rnn_step_forward"]


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    """One step of a recurrent layer: next_h = tanh(x Wx + prev_h Wh + b).

    x: (N, D) input of this step, prev_h: (N, H) hidden state before it; Wx: (D, H), Wh: (H, H), b: (H,).
    Returns (next_h, cache), next_h (N, H).
    """
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    """Gradients of one step of a recurrent layer.

    dnext_h: (N, H), gradient of the loss with respect to next_h; cache: from `rnn_step_forward`.
    Returns (dx, dprev_h, dWx, dWh, db) of the shapes (N, D), (N, H), (D, H), (H, H) and (H,).
    """
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)
    dx = dz @ Wx.T
    dprev_h = dz @ Wh.T
    dWx = x.T @ dz
    dWh = prev_h.T @ dz
    db = np.sum(dz, axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    """A recurrent layer on whole sequences: h_t = tanh(x_t Wx + h_{t-1} Wh + b) for t = 1 .. T, from h_0 = h0.

    x: (N, T, D), T >= 1; h0: (N, H); Wx: (D, H), Wh: (H, H), b: (H,).
    Returns (h, cache), h (N, T, H) the hidden states h_1 .. h_T: h[:, 0] is h_1.
    """
    N, T, D = x.shape
    from_x = (x.reshape(N * T, D) @ Wx + b).reshape(N, T, -1)  # one product for all steps is faster than T small ones
    h, prev_h = np.empty_like(from_x), h0
    for t in range(T):
        prev_h = np.tanh(from_x[:, t] + prev_h @ Wh)
        h[:, t] = prev_h
    return h, (x, h0, Wx, Wh, h)


def rnn_backward(dh, cache):
    """Gradients of a recurrent layer by backpropagation through time.

    dh: (N, T, H), what each h_t gets from the loss directly (not by way of the later steps); cache: from `rnn_forward`.
    Returns (dx, dh0, dWx, dWh, db) of the shapes (N, T, D), (N, H), (D, H), (H, H) and (H,).
    """
    x, h0, Wx, Wh, h = cache
    (N, T, D), H = x.shape, h0.shape[1]
    before = np.concatenate([h0[:, None], h[:, :-1]], axis=1)
    dz, dprev_h = np.empty_like(h), np.zeros_like(h0)
    for t in reversed(range(T)):
        dz[:, t] = (dh[:, t] + dprev_h) * (1 - h[:, t] ** 2)
        dprev_h = dz[:, t] @ Wh.T
    rows = dz.reshape(N * T, H)
    dx = (rows @ Wx.T).reshape(N, T, D)
    dWx = x.reshape(N * T, D).T @ rows
    dWh = before.reshape(N * T, H).T @ rows
    db = np.sum(rows, axis=0)
    return dx, dprev_h, dWx, dWh, db

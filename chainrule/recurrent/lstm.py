"""Long short-term memory: a recurrent net whose cell c is carried along by adding, not by a matrix.

`lstm_step_forward` and `lstm_step_backward` are one step of time, `lstm_forward` and `lstm_backward` a whole sequence
(Hochreiter and Schmidhuber, 1997; with the forget gate of Gers, Schmidhuber and Cummins, 2000).

The four blocks of 4H columns in Wx, Wh and b are, in this order: input gate i, forget gate f, output gate o,
candidate g. (PyTorch has them in the order i, f, g, o.)
"""

import numpy as np

from chainrule.activations import sigmoid_forward

__all__ = ["lstm_backward", "lstm_forward", "lstm_step_backward", "lstm_step_forward"]


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """One step of an LSTM: the scores a = x Wx + prev_h Wh + b are cut into four blocks of H columns, a_i a_f a_o a_g.

    i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o) and g = tanh(a_g);
    next_c = f * prev_c + i * g and next_h = o * tanh(next_c), entry by entry.

    x: (N, D); prev_h, prev_c: (N, H); Wx: (D, 4H); Wh: (H, 4H); b: (4H,).
    Returns (next_h, next_c, cache), next_h and next_c (N, H). Right for scores of 1e3, too, without a warning.
    """
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    gates, _ = sigmoid_forward(a[:, : 3 * H])
    i, f, o = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H :]
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    next_h = o * tanh_c
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    """Gradients of one step of an LSTM, for a loss that depends on next_h and on next_c.

    dnext_h, dnext_c: (N, H), the gradients that arrive at next_h and next_c from what comes after this step; neither is
    changed. (That next_h depends on next_c is inside this step, so dnext_c does not hold it yet.)
    cache: from `lstm_step_forward`.
    Returns (dx, dprev_h, dprev_c, dWx, dWh, db) of the shapes of the inputs.
    """
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c = cache
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
    di, df, dg = dc * g, dc * prev_c, dc * i
    da = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)], axis=1)
    dx, dprev_h, dprev_c = da @ Wx.T, da @ Wh.T, dc * f
    dWx, dWh, db = x.T @ da, prev_h.T @ da, np.sum(da, axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    """An LSTM over a whole sequence. The first step starts from h0 and from a cell of zeros, c0 = 0.

    x: (N, T, D); h0: (N, H); Wx: (D, 4H); Wh: (H, 4H); b: (4H,), blocks as in `lstm_step_forward`.
    Returns (h, cache), h (N, T, H): the hidden state after each step. The cell is not returned.
    """
    prev_h, prev_c = h0, np.zeros_like(h0)
    h, cache = [], []
    for t in range(x.shape[1]):
        prev_h, prev_c, step = lstm_step_forward(x[:, t], prev_h, prev_c, Wx, Wh, b)
        h.append(prev_h)
        cache.append(step)
    return np.stack(h, axis=1), cache


def lstm_backward(dh, cache):
    """Gradients of an LSTM over a whole sequence.

    dh: (N, T, H), the gradient that arrives at the hidden state of each step from outside of the LSTM alone: what comes
    back from the next step is added here. cache: from `lstm_forward`; it can be used again.
    Returns (dx, dh0, dWx, dWh, db) of the shapes of x (N, T, D), h0 (N, H), Wx, Wh and b.
    """
    dprev_h = dprev_c = np.zeros_like(dh[:, 0])
    dx, dWx, dWh, db = [], 0, 0, 0
    for t in reversed(range(dh.shape[1])):
        dx_t, dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dh[:, t] + dprev_h, dprev_c, cache[t])
        dx.append(dx_t)
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return np.stack(dx[::-1], axis=1), dprev_h, dWx, dWh, db

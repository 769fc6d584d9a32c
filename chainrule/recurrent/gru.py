"""The gated recurrent unit: one state c, and two gates that mix the old state with a candidate.

`gru_step_forward` and `gru_step_backward` are one step of time, `gru_forward` and `gru_backward` a whole sequence
(Cho et al., 2014).

The three blocks of 3H columns in Wx, Wh and b are, in this order: update gate u, reset gate r, candidate. The update
gate is the weight of the candidate (elsewhere often that of the old state), and the reset gate multiplies the old state
before its matrix (in PyTorch after it, so that its GRU computes something else).
"""

import numpy as np

from chainrule.activations import sigmoid_forward

__all__ = ["gru_backward", "gru_forward", "gru_step_backward", "gru_step_forward"]


def gru_step_forward(x, prev_c, Wx, Wh, b):
    """One step of a GRU. Blocks of H columns in Wx, Wh and b, in this order: u r candidate.

    u = sigmoid(x Wx_u + prev_c Wh_u + b_u), r = sigmoid(x Wx_r + prev_c Wh_r + b_r),
    candidate = tanh(x Wx_c + (r * prev_c) Wh_c + b_c), next_c = u * candidate + (1 - u) * prev_c.

    x: (N, D); prev_c: (N, H); Wx: (D, 3H); Wh: (H, 3H); b: (3H,).
    Returns (next_c, cache), next_c (N, H). Right for scores of 1e3, too, without a warning.
    """
    H = prev_c.shape[1]
    a = x @ Wx + b
    gates, _ = sigmoid_forward(a[:, : 2 * H] + prev_c @ Wh[:, : 2 * H])
    u, r = gates[:, :H], gates[:, H:]
    candidate = np.tanh(a[:, 2 * H :] + (r * prev_c) @ Wh[:, 2 * H :])
    next_c = u * candidate + (1 - u) * prev_c
    return next_c, (x, prev_c, Wx, Wh, u, r, candidate)


def gru_step_backward(dnext_c, cache):
    """Gradients of one step of a GRU. dnext_c: (N, H), is not changed; cache: from `gru_step_forward`.

    Returns (dx, dprev_c, dWx, dWh, db) of the shapes of the inputs.
    """
    x, prev_c, Wx, Wh, u, r, candidate = cache
    H = prev_c.shape[1]
    du, dcandidate = dnext_c * (candidate - prev_c), dnext_c * u
    da_c = dcandidate * (1 - candidate**2)
    dkept = da_c @ Wh[:, 2 * H :].T  # with respect to r * prev_c
    dr = dkept * prev_c
    da_gates = np.concatenate([du * u * (1 - u), dr * r * (1 - r)], axis=1)
    da = np.concatenate([da_gates, da_c], axis=1)
    dprev_c = dnext_c * (1 - u) + dkept * r + da_gates @ Wh[:, : 2 * H].T
    dWh = np.concatenate([prev_c.T @ da_gates, (r * prev_c).T @ da_c], axis=1)
    return da @ Wx.T, dprev_c, x.T @ da, dWh, np.sum(da, axis=0)


def gru_forward(x, c0, Wx, Wh, b):
    """A GRU over a whole sequence, from the state c0.

    x: (N, T, D); c0: (N, H); Wx: (D, 3H); Wh: (H, 3H); b: (3H,), blocks as in `gru_step_forward`.
    Returns (c, cache), c (N, T, H): the state after each step.
    """
    prev_c = c0
    c, cache = [], []
    for t in range(x.shape[1]):
        prev_c, step = gru_step_forward(x[:, t], prev_c, Wx, Wh, b)
        c.append(prev_c)
        cache.append(step)
    return np.stack(c, axis=1), cache


def gru_backward(dc, cache):
    """Gradients of a GRU over a whole sequence.

    dc: (N, T, H), the gradient that arrives at the state of each step from outside of the GRU alone: what comes back
    from the next step is added here. cache: from `gru_forward`; it can be used again.
    Returns (dx, dc0, dWx, dWh, db) of the shapes of x (N, T, D), c0 (N, H), Wx, Wh and b.
    """
    dprev_c = np.zeros_like(dc[:, 0])
    dx, dWx, dWh, db = [], 0, 0, 0
    for t in reversed(range(dc.shape[1])):
        dx_t, dprev_c, dWx_t, dWh_t, db_t = gru_step_backward(dc[:, t] + dprev_c, cache[t])
        dx.append(dx_t)
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return np.stack(dx[::-1], axis=1), dprev_c, dWx, dWh, db

"""Gradients through many steps: why they vanish or explode, and clipping (Pascanu et al., 2013).

`largest_singular_value` tells how much a matrix can stretch, `hidden_gradient_norms` follows the gradient of a
recurrent layer back in time, `clip_gradient_norm` shortens gradients that are too long.
"""

import numpy as np

__all__ = ["clip_gradient_norm", "hidden_gradient_norms", "largest_singular_value"]


def largest_singular_value(W):
    """The largest factor by which W stretches any vector: max |v W| / |v|, lengths by the sum of squares.

    W: (m, n), any matrix. Returns a number.
    """
    return np.linalg.svd(W, compute_uv=False)[0]


def hidden_gradient_norms(dlast, h, Wh):
    """Length of the gradient at every hidden state of a recurrent layer whose loss depends on the last state alone.

    dlast: (N, H), the gradient dL/dh_T; h: (N, T, H), the states h_1 .. h_T as from `rnn_forward`; Wh: (H, H).
    Back from h_{t+1} to h_t the gradient passes tanh, then Wh. Returns norms (T + 1,): norms[t] is the square root of
    the sum of squares of dL/dh_t over all N * H numbers, t = 0 .. T; so norms[T] is the norm of dlast.
    """
    T, dh = h.shape[1], dlast
    norms = np.empty(T + 1)
    norms[T] = np.linalg.norm(dh)
    for t in reversed(range(T)):
        dh = (dh * (1 - h[:, t] ** 2)) @ Wh.T  # h[:, t] is h_{t+1}
        norms[t] = np.linalg.norm(dh)
    return norms


def clip_gradient_norm(grads, max_norm):
    """Shorten gradients together: if their common norm is above max_norm, all are multiplied by max_norm / norm.

    grads: dict of arrays of any shapes; max_norm: a number above 0. The norm is the square root of the sum of squares
    over all numbers of all arrays. Returns (clipped, norm): a new dict with the same keys (grads and its arrays stay as
    they are) and the norm before clipping. At a norm of max_norm or less the gradients keep their values.
    """
    norm = np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))
    scale = float(max_norm / norm) if norm > max_norm else 1.0
    return {name: grad * scale for name, grad in grads.items()}, norm

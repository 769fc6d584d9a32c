"""Layers that treat every step of a sequence alike: each of the N * T steps is a row of its own.

`temporal_affine_forward` and `temporal_affine_backward` turn hidden states into scores of words, and
`temporal_softmax_loss` compares these with the right words, leaving out the steps that a mask hides.
"""

import numpy as np

__all__ = ["temporal_affine_backward", "temporal_affine_forward", "temporal_softmax_loss"]


def temporal_affine_forward(x, w, b):
    """Fully connected layer at every step: out[n, t] = x[n, t] w + b.

    x: (N, T, D), w: (D, M), b: (M,). Returns (out, cache), out (N, T, M).
    """
    N, T, D = x.shape
    out = (x.reshape(N * T, D) @ w + b).reshape(N, T, -1)
    return out, (x, w)


def temporal_affine_backward(dout, cache):
    """Gradients of `temporal_affine_forward`.

    dout: (N, T, M); cache: from the forward pass. Returns (dx, dw, db) of the shapes (N, T, D), (D, M) and (M,).
    """
    x, w = cache
    rows = dout.reshape(-1, dout.shape[2])
    dx = (rows @ w.T).reshape(x.shape)
    dw = x.reshape(-1, x.shape[2]).T @ rows
    db = np.sum(rows, axis=0)
    return dx, dw, db


def temporal_softmax_loss(x, y, mask):
    """Cross-entropy of the softmax at every step: the sum over the steps that count, the mean over the sequences.

    x: (N, T, V) scores of V words, y: (N, T) the right words in 0..V-1, mask: (N, T) of bool, False where a step does
    not count (behind the end of a sentence). With s_nt = -log(exp(x_{n, t, y_nt}) / sum_v exp(x_ntv)), the loss is
    1/N sum_n sum_{t: mask_nt} s_nt: finite for scores of 1e4, and 0 if no step counts.
    Returns (loss, dx), dx (N, T, V), zero where the mask is False.
    """
    shifted = x - np.max(x, axis=2, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=2, keepdims=True))
    N, right = len(x), (*np.indices(y.shape), y)
    loss = -np.sum(log_probs[right] * mask) / N

    dx = np.exp(log_probs)
    dx[right] -= 1
    return loss, dx * mask[:, :, None] / N

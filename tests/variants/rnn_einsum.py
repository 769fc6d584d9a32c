"""Sums over named axes; tanh as 2 sigmoid(2z) - 1; embeddings as products with one-hot rows; a power iteration."""

import numpy as np


def tanh(z):
    with np.errstate(over="ignore"):
        return 2 / (1 + np.exp(-2 * z)) - 1


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    both, weights = np.concatenate([x, prev_h], axis=1), np.concatenate([Wx, Wh], axis=0)
    next_h = tanh(both @ weights + b)
    return next_h, [both, weights, next_h]


def rnn_step_backward(dnext_h, cache):
    both, weights, next_h = cache
    D = both.shape[1] - next_h.shape[1]
    dz = dnext_h - dnext_h * next_h * next_h
    dboth, dweights = np.einsum("nh,kh->nk", dz, weights), np.einsum("nk,nh->kh", both, dz)
    return dboth[:, :D], dboth[:, D:], dweights[:D], dweights[D:], np.einsum("nh->h", dz)


def rnn_forward(x, h0, Wx, Wh, b):
    states = [h0]
    for step in x.swapaxes(0, 1):
        states.append(tanh(np.einsum("nd,dh->nh", step, Wx) + np.einsum("nk,kh->nh", states[-1], Wh) + b))
    h = np.stack(states)
    return h[1:].swapaxes(0, 1), (x.swapaxes(0, 1), h, Wx, Wh)


def rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    dh = dh.swapaxes(0, 1)

    def back(t):
        """The gradients at the sums before tanh, of step t and all later ones."""
        later = back(t + 1) if t + 1 < len(dh) else []
        carried = later[0] @ Wh.T if later else 0
        return [(dh[t] + carried) * (1 - h[t + 1] ** 2), *later]

    dz = np.stack(back(0))
    dx, dh0 = np.einsum("tnh,dh->ntd", dz, Wx), dz[0] @ Wh.T
    return dx, dh0, np.einsum("tnd,tnh->dh", x, dz), np.einsum("tnk,tnh->kh", h[:-1], dz), np.einsum("tnh->h", dz)


def one_hot(x, V, dtype):
    return (x[..., None] == np.arange(V)).astype(dtype)


def word_embedding_forward(x, W):
    rows = one_hot(x, len(W), W.dtype)
    return rows @ W, rows


def word_embedding_backward(dout, cache):
    return np.einsum("ntv,ntd->vd", cache, dout)


def temporal_affine_forward(x, w, b):
    return np.einsum("ntd,dm->ntm", x, w) + b, (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    return np.einsum("ntm,dm->ntd", dout, w), np.einsum("ntd,ntm->dm", x, dout), np.einsum("ntm->m", dout)


def temporal_softmax_loss(x, y, mask):
    N, V = len(x), x.shape[2]
    shifted = x - x.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1))
    right = one_hot(y, V, x.dtype)
    weights = mask.astype(x.dtype) / N
    loss = np.sum(weights * (log_sum - np.sum(right * shifted, axis=-1)))
    dx = weights[..., None] * (np.exp(shifted - log_sum[..., None]) - right)
    return loss, dx


def largest_singular_value(W):
    v = np.ones(W.shape[1]) + np.arange(W.shape[1]) / 7
    for _ in range(20_000):
        v = W.T @ (W @ v)
        v /= np.sqrt(v @ v)
    return np.sqrt(v @ W.T @ W @ v)


def hidden_gradient_norms(dlast, h, Wh):
    T = h.shape[1]
    norms, dh = [0.0] * T + [np.sqrt(np.einsum("nh,nh", dlast, dlast))], dlast.copy()
    for t in range(T, 0, -1):
        dh *= 1 - h[:, t - 1] ** 2
        dh = np.einsum("nk,hk->nh", dh, Wh)
        norms[t - 1] = np.sqrt(np.einsum("nh,nh", dh, dh))
    return norms


def clip_gradient_norm(grads, max_norm):
    norm = float(np.sqrt(sum(float(grad.ravel() @ grad.ravel()) for grad in grads.values())))
    factor = min(1.0, max_norm / max(norm, 1e-12))
    return {name: factor * grad for name, grad in grads.items()}, norm

"""Sequences as a loop over the steps, gradients added up step by step; caches are lists; lengths by np.linalg.norm."""

import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    z = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    return np.tanh(z), {"x": x, "h": prev_h, "Wx": Wx, "Wh": Wh, "z": z}


def rnn_step_backward(dnext_h, cache):
    dz = dnext_h / np.cosh(np.clip(cache["z"], -40, 40)) ** 2
    dx, dprev_h = np.dot(dz, cache["Wx"].T), np.dot(dz, cache["Wh"].T)
    return dx, dprev_h, np.dot(cache["x"].T, dz), np.dot(cache["h"].T, dz), dz.sum(0)


def rnn_forward(x, h0, Wx, Wh, b):
    states, caches, h = [], [], h0
    for t in range(x.shape[1]):
        h, cache = rnn_step_forward(x[:, t, :], h, Wx, Wh, b)
        states.append(h)
        caches.append(cache)
    return np.stack(states, axis=1), caches


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0]["x"].shape[1]
    dx = np.zeros((N, T, D), dh.dtype)
    dprev_h, dWx = np.zeros((N, H), dh.dtype), np.zeros((D, H), dh.dtype)
    dWh, db = np.zeros((H, H), dh.dtype), np.zeros(H, dh.dtype)
    for t in range(T - 1, -1, -1):
        dx[:, t], dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t] + dprev_h, cache[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dprev_h, dWx, dWh, db


def word_embedding_forward(x, W):
    return np.stack([W[sentence, :] for sentence in x]), (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    for n in range(x.shape[0]):
        for t in range(x.shape[1]):
            dW[x[n, t]] += dout[n, t]
    return dW


def temporal_affine_forward(x, w, b):
    return np.stack([x[:, t].dot(w) + b for t in range(x.shape[1])], axis=1), (x, w, b)


def temporal_affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for t in range(x.shape[1]):
        dx[:, t] = dout[:, t].dot(w.T)
        dw += x[:, t].T.dot(dout[:, t])
        db += dout[:, t].sum(axis=0)
    return dx, dw, db


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    scores, labels, counts = x.reshape(N * T, V), y.reshape(N * T), mask.reshape(N * T)
    probs = np.exp(scores - scores.max(axis=1, keepdims=True))
    total = probs.sum(axis=1, keepdims=True)
    probs = probs / total
    rows = np.arange(N * T)
    costs = np.log(total[:, 0]) + scores.max(axis=1) - scores[rows, labels]
    dx = probs
    dx[rows, labels] -= 1
    dx[~counts] = 0
    dx /= N
    return costs[counts].sum() / N, dx.reshape(N, T, V)


def largest_singular_value(W):
    return np.linalg.norm(W, 2)


def hidden_gradient_norms(dlast, h, Wh):
    grads = [dlast]
    for state in np.moveaxis(h, 1, 0)[::-1]:
        grads.append(np.dot(grads[-1] * (1 + state) * (1 - state), np.transpose(Wh)))
    return np.array([np.sqrt((g**2).sum()) for g in reversed(grads)])


def clip_gradient_norm(grads, max_norm):
    norm = np.linalg.norm([np.linalg.norm(grad) for grad in grads.values()])
    if norm <= max_norm:
        return grads.copy(), norm
    return {key: (grads[key] * max_norm / norm).astype(grads[key].dtype) for key in grads}, norm

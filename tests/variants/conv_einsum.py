"""Convolution by windows and einsum, its gradient by a transposed one, pooling on windows; a net without layers."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def conv_output_size(size, kernel, stride, pad):
    places = range(0, size + 2 * pad - kernel + 1, stride)
    if not places:
        raise ValueError("no place")
    return len(places)


def frame(x, pad):
    big = np.zeros((*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad), x.dtype)
    big[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]] = x
    return big


def cut(x, kernel, stride):
    return sliding_window_view(x, kernel, axis=(2, 3))[:, :, ::stride, ::stride]


def conv_forward_naive(x, w, b, conv_param):
    V = cut(frame(x, conv_param["pad"]), w.shape[2:], conv_param["stride"])
    return np.einsum("ncijuv,fcuv->nfij", V, w) + b[None, :, None, None], {"x": x, "w": w, "param": conv_param}


def conv_backward_naive(dout, cache):
    """dx: dout with zeros between its entries, convolved with the flipped filters."""
    x, w, s, p = cache["x"], cache["w"], cache["param"]["stride"], cache["param"]["pad"]
    (N, F, K, L), (HH, WW) = dout.shape, w.shape[2:]
    dw = np.einsum("ncijuv,nfij->fcuv", cut(frame(x, p), (HH, WW), s), dout)
    H, W = x.shape[2] + 2 * p, x.shape[3] + 2 * p
    wide = np.zeros((N, F, H + HH - 1, W + WW - 1), dout.dtype)
    wide[:, :, HH - 1 : HH - 1 + s * K : s, WW - 1 : WW - 1 + s * L : s] = dout
    dx = np.einsum("nfijuv,fcuv->ncij", cut(wide, (HH, WW), 1), w[:, :, ::-1, ::-1])
    return dx[:, :, p : H - p, p : W - p], dw, np.einsum("nfij->f", dout)


def conv_forward_fast(x, w, b, conv_param):
    xp, s = frame(x, conv_param["pad"]), conv_param["stride"]
    a, (HH, WW) = xp.strides, w.shape[2:]
    K, L = (xp.shape[2] - HH) // s + 1, (xp.shape[3] - WW) // s + 1
    shape, strides = (len(x), K, L, x.shape[1], HH, WW), (a[0], s * a[2], s * a[3], a[1], a[2], a[3])
    rows = as_strided(xp, shape, strides).reshape(len(x) * K * L, -1)
    out = rows @ w.reshape(len(w), -1).T + b
    return np.moveaxis(out.reshape(len(x), K, L, len(w)), 3, 1), {"x": x, "w": w, "param": conv_param}


def conv_backward_fast(dout, cache):
    x, w, s, p = cache["x"], cache["w"], cache["param"]["stride"], cache["param"]["pad"]
    dw = np.tensordot(dout, cut(frame(x, p), w.shape[2:], s), ((0, 2, 3), (0, 2, 3)))
    dxp = np.zeros_like(frame(x, p))
    shares = np.tensordot(dout, w, (1, 0))  # (N, H', W', C, HH, WW)
    view = cut_writeable(dxp, w.shape[2:], s)
    for u, v in np.ndindex(*w.shape[2:]):
        view[..., u, v] += shares[..., u, v].transpose(0, 3, 1, 2)
    return dxp[:, :, p : p + x.shape[2], p : p + x.shape[3]], dw, dout.sum((0, 2, 3))


def cut_writeable(x, kernel, stride):
    return sliding_window_view(x, kernel, axis=(2, 3), writeable=True)[:, :, ::stride, ::stride]


def max_pool_forward_naive(x, pool_param):
    V = cut(x, (pool_param["pool_height"], pool_param["pool_width"]), pool_param["stride"])
    return V.max(axis=(-2, -1)), (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    h, w, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    best = cut(x, (h, w), s).reshape(*dout.shape, h * w).argmax(-1)
    n, c, i, j = np.indices(dout.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, c, i * s + best // w, j * s + best % w), dout)
    return dx


def avg_pool_forward(x, pool_param):
    V = cut(x, (pool_param["pool_height"], pool_param["pool_width"]), pool_param["stride"])
    return V.mean(axis=(-2, -1)), (x, pool_param)


def avg_pool_backward(dout, cache):
    x, pool_param = cache
    h, w, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    filters = np.eye(x.shape[1])[:, :, None, None] * np.full((h, w), 1 / (h * w))
    return conv_backward_naive(dout, {"x": x, "w": filters, "param": {"stride": s, "pad": 0}})[0]


affine_as_conv = lambda w, shape: np.moveaxis(w.reshape(*shape, -1), -1, 0)  # noqa: E731


def conv_as_affine(w, b, shape, conv_param):
    zero = np.zeros((1, *shape))
    bias = conv_forward_naive(zero, w, b, conv_param)[0].ravel()
    basis = np.eye(zero.size).reshape(-1, *shape)
    return np.stack([conv_forward_naive(e[None], w, b, conv_param)[0].ravel() - bias for e in basis]), bias


class ThreeLayerConvNet:
    def __init__(self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10,
                 weight_scale=1e-3, reg=0.0, dtype=np.float32):  # fmt: skip
        C, H, W = input_dim
        rng = np.random.default_rng()
        k, M = filter_size, num_filters * H * W // 4
        shapes = [(num_filters, C, k, k), (M, hidden_dim), (hidden_dim, num_classes)]
        self.reg, self.pad, self.params = reg, k // 2, {}
        for n, shape in enumerate(shapes, 1):
            self.params[f"W{n}"] = rng.normal(scale=weight_scale, size=shape).astype(dtype)
            self.params[f"b{n}"] = np.zeros((num_filters, hidden_dim, num_classes)[n - 1], dtype)

    def loss(self, X, y=None):
        W1, b1, W2, b2, W3, b3 = (self.params[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3"))
        maps, cache = conv_forward_naive(X, W1, b1, {"stride": 1, "pad": self.pad})
        pooled, where = max_pool_forward_naive(maps, {"pool_height": 2, "pool_width": 2, "stride": 2})
        flat = np.maximum(pooled, 0).reshape(len(X), -1)  # ReLU after the pool: the same, and four times cheaper
        hidden = np.maximum(flat @ W2 + b2, 0)
        scores = hidden @ W3 + b3
        if y is None:
            return scores
        log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        penalty = sum(np.vdot(W, W) for W in (W1, W2, W3))
        loss = -log_p[np.arange(len(y)), y].mean() + self.reg * penalty / 2
        dscores = (np.exp(log_p) - np.eye(scores.shape[1])[y]) / len(y)
        dhidden = dscores @ W3.T * (hidden > 0)
        dflat = dhidden @ W2.T * (flat > 0)
        _, dW1, db1 = conv_backward_naive(max_pool_backward_naive(dflat.reshape(pooled.shape), where), cache)
        return loss, {
            "W1": dW1 + self.reg * W1,
            "b1": db1,
            "W2": flat.T @ dhidden + self.reg * W2,
            "b2": dhidden.sum(0),
            "W3": hidden.T @ dscores + self.reg * W3,
            "b3": dscores.sum(0),
        }

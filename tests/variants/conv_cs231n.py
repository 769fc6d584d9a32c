"""Convolution in the style of the CS231n assignments: loops over images and places, im2col by index arrays."""

import numpy as np

from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward, softmax_loss


def conv_output_size(size, kernel, stride, pad):
    out = int(1 + np.floor((size + 2 * pad - kernel) / stride))
    if out < 1 or size + 2 * pad < kernel:
        raise ValueError("the filter is too large")
    return out


def conv_forward_naive(x, w, b, conv_param):
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    s, p = conv_param["stride"], conv_param["pad"]
    Hp, Wp = 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s
    xp = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)], mode="constant")
    out = np.zeros((N, F, Hp, Wp))
    for i in range(Hp):
        for j in range(Wp):
            patch = xp[:, None, :, i * s : i * s + HH, j * s : j * s + WW]
            out[:, :, i, j] = (patch * w[None]).sum(axis=(2, 3, 4)) + b
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    s, p = conv_param["stride"], conv_param["pad"]
    N, F, Hp, Wp = dout.shape
    _, _, H, W = x.shape
    _, _, HH, WW = w.shape
    xp = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)], mode="constant")
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    db = np.sum(dout, axis=(0, 2, 3))
    for n in range(N):
        for f in range(F):
            for i in range(Hp):
                for j in range(Wp):
                    dw[f] += dout[n, f, i, j] * xp[n, :, i * s : i * s + HH, j * s : j * s + WW]
                    dxp[n, :, i * s : i * s + HH, j * s : j * s + WW] += dout[n, f, i, j] * w[f]
    if p > 0:
        return dxp[:, :, p:-p, p:-p], dw, db
    return dxp, dw, db


def im2col_indices(C, HH, WW, Hp, Wp, s):
    k = np.repeat(np.arange(C), HH * WW)[:, None]
    i = np.tile(np.repeat(np.arange(HH), WW), C)[:, None] + s * np.repeat(np.arange(Hp), Wp)
    j = np.tile(np.arange(WW), HH * C)[:, None] + s * np.tile(np.arange(Wp), Hp)
    return k, i, j


def conv_forward_fast(x, w, b, conv_param):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    s, p = conv_param["stride"], conv_param["pad"]
    Hp, Wp = 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s
    k, i, j = im2col_indices(C, HH, WW, Hp, Wp, s)
    cols = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])[:, k, i, j]
    cols = cols.transpose(1, 2, 0).reshape(C * HH * WW, -1)
    out = (w.reshape(F, -1) @ cols + b.reshape(-1, 1)).reshape(F, Hp, Wp, N).transpose(3, 0, 1, 2)
    return out, (x, w, b, conv_param, cols)


def conv_backward_fast(dout, cache):
    x, w, b, conv_param, cols = cache
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    s, p = conv_param["stride"], conv_param["pad"]
    db = dout.sum(axis=(0, 2, 3))
    flat = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dw = flat.dot(cols.T).reshape(w.shape)
    dcols = w.reshape(F, -1).T.dot(flat).reshape(C * HH * WW, -1, N).transpose(2, 0, 1)
    dxp = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=x.dtype)
    k, i, j = im2col_indices(C, HH, WW, *dout.shape[2:], s)
    np.add.at(dxp, (slice(None), k, i, j), dcols)
    return dxp[:, :, p : H + p, p : W + p], dw, db


def windows(x, pool_param):
    h, w, s = (pool_param[key] for key in ("pool_height", "pool_width", "stride"))
    for i in range(1 + (x.shape[2] - h) // s):
        for j in range(1 + (x.shape[3] - w) // s):
            yield i, j, (slice(None), slice(None), slice(i * s, i * s + h), slice(j * s, j * s + w))


def pool_shape(x, pool_param):
    h, w, s = (pool_param[key] for key in ("pool_height", "pool_width", "stride"))
    return (*x.shape[:2], 1 + (x.shape[2] - h) // s, 1 + (x.shape[3] - w) // s)


def max_pool_forward_naive(x, pool_param):
    out = np.zeros(pool_shape(x, pool_param))
    for i, j, window in windows(x, pool_param):
        out[:, :, i, j] = x[window].max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    N, C = x.shape[:2]
    dx = np.zeros_like(x)
    for i, j, window in windows(x, pool_param):
        flat = x[window].reshape(N * C, -1)
        mask = np.zeros_like(flat)
        mask[np.arange(N * C), flat.argmax(axis=1)] = dout[:, :, i, j].ravel()
        dx[window] += mask.reshape(x[window].shape)
    return dx


def avg_pool_forward(x, pool_param):
    out = np.zeros(pool_shape(x, pool_param))
    for i, j, window in windows(x, pool_param):
        out[:, :, i, j] = np.mean(x[window], axis=(2, 3))
    return out, (x, pool_param)


def avg_pool_backward(dout, cache):
    x, pool_param = cache
    dx = np.zeros_like(x)
    for i, j, window in windows(x, pool_param):
        dx[window] += dout[:, :, i : i + 1, j : j + 1] / (pool_param["pool_height"] * pool_param["pool_width"])
    return dx


def affine_as_conv(w, shape):
    C, H, W = shape
    filters = np.zeros((w.shape[1], C, H, W))
    for m in range(w.shape[1]):
        filters[m] = w[:, m].reshape(C, H, W)
    return filters


def conv_as_affine(w, b, shape, conv_param):
    C, H, W = shape
    F, _, HH, WW = w.shape
    s, p = conv_param["stride"], conv_param["pad"]
    Hp, Wp = 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s
    matrix = np.zeros((C, H, W, F, Hp, Wp))
    for i, j, u, v in np.ndindex(Hp, Wp, HH, WW):
        row, col = i * s + u - p, j * s + v - p
        if 0 <= row < H and 0 <= col < W:
            matrix[:, row, col, :, i, j] = w[:, :, u, v].T
    bias = np.zeros((F, Hp, Wp)) + b[:, None, None]
    return matrix.reshape(C * H * W, -1), bias.reshape(-1)


class ThreeLayerConvNet:
    def __init__(
        self,
        input_dim=(3, 32, 32),
        num_filters=32,
        filter_size=7,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        dtype=np.float32,
    ):
        self.params = {}
        self.reg = reg
        self.dtype = dtype
        C, H, W = input_dim
        self.params["W1"] = np.random.normal(0, weight_scale, (num_filters, C, filter_size, filter_size))
        self.params["b1"] = np.zeros(num_filters)
        self.params["W2"] = np.random.normal(0, weight_scale, (num_filters * H * W // 4, hidden_dim))
        self.params["b2"] = np.zeros(hidden_dim)
        self.params["W3"] = np.random.normal(0, weight_scale, (hidden_dim, num_classes))
        self.params["b3"] = np.zeros(num_classes)
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        W3, b3 = self.params["W3"], self.params["b3"]
        conv_param = {"stride": 1, "pad": (W1.shape[2] - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        a, conv_cache = conv_forward_fast(X, W1, b1, conv_param)
        s, relu_cache = relu_forward(a)
        p, pool_cache = max_pool_forward_naive(s, pool_param)
        a2, cache2 = affine_forward(p, W2, b2)
        h, relu_cache2 = relu_forward(a2)
        scores, cache3 = affine_forward(h, W3, b3)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2) + np.sum(W3 * W3))
        grads = {}
        dh, dW3, grads["b3"] = affine_backward(dscores, cache3)
        dp, dW2, grads["b2"] = affine_backward(relu_backward(dh, relu_cache2), cache2)
        ds = max_pool_backward_naive(dp, pool_cache)
        _, dW1, grads["b1"] = conv_backward_fast(relu_backward(ds, relu_cache), conv_cache)
        grads["W1"], grads["W2"], grads["W3"] = dW1 + self.reg * W1, dW2 + self.reg * W2, dW3 + self.reg * W3
        return loss, grads

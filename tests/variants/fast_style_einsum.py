"""Fast style transfer in other words: Kronecker products, norms and losses written out, one image after another."""

import numpy as np

from chainrule.conv import conv_backward_naive, conv_forward_naive

TWO, ONE = {"stride": 2, "pad": 1}, {"stride": 1, "pad": 1}


def upsample_forward(x, scale=2):
    return np.kron(x, np.ones((1, 1, scale, scale), x.dtype)), (scale, x.shape)


def upsample_backward(dout, cache):
    scale, (N, C, H, W) = cache
    rows, cols = (np.kron(np.eye(n, dtype=dout.dtype), np.ones((1, scale), dout.dtype)) for n in (H, W))
    return np.einsum("ih,nchw,jw->ncij", rows, dout, cols)


def centre(x):
    return x - x.mean((2, 3), keepdims=True)


class StylizingNet:
    def __init__(self, num_filters=16, seed=None, dtype=np.float32):
        rng = np.random.default_rng() if seed is None else np.random.Generator(np.random.MT19937(seed))
        self.dtype, self.params = np.dtype(dtype), {}
        for k, (after, before, gain) in enumerate(
            ((num_filters, 3, 1), (num_filters, num_filters, 1), (3, num_filters, 0.1)), 1
        ):
            W = rng.normal(0, gain * (2 / 9 / before) ** 0.5, (after, before, 3, 3))
            self.params[f"W{k}"] = W.astype(dtype)
            if k < 3:
                self.params[f"gamma{k}"] = np.full((1, after, 1, 1), 1, dtype)
                self.params[f"beta{k}"] = np.full((1, after, 1, 1), 0, dtype)
        self.params["b3"] = np.zeros(3, dtype)

    def block(self, x, k, conv_param):
        W, gamma, beta = (self.params[f"{name}{k}"] for name in ("W", "gamma", "beta"))
        maps, conv = conv_forward_naive(x, W, 0 * W[:, 0, 0, 0], conv_param)
        std = np.sqrt((centre(maps) ** 2).mean((2, 3), keepdims=True) + 1e-5)
        normal = centre(maps) / std
        out = gamma * normal + beta
        return np.where(out > 0, out, 0), (conv, std, normal, out > 0)

    def block_back(self, dout, k, cache, grads):
        conv, std, normal, on = cache
        dout = dout * on
        grads[f"beta{k}"] = np.einsum("nchw->c", dout).reshape(1, -1, 1, 1)
        grads[f"gamma{k}"] = np.einsum("nchw,nchw->c", dout, normal).reshape(1, -1, 1, 1)
        dnormal = dout * self.params[f"gamma{k}"]
        dmaps = centre(dnormal - normal * (dnormal * normal).mean((2, 3), keepdims=True)) / std
        dx, grads[f"W{k}"], _ = conv_backward_naive(dmaps, conv)
        return dx

    def forward(self, X):
        X = np.array(X, self.dtype)
        x1, first = self.block((X - 0.5) * 2, 1, TWO)
        change, second = self.block(x1, 2, ONE)
        up, scale = upsample_forward(change + x1)
        z, third = conv_forward_naive(up, self.params["W3"], self.params["b3"], ONE)
        out = (np.tanh((z + 4 * X) / 2 - 1) + 1) / 2
        return out, (first, second, scale, third, out)

    def backward(self, dout, cache):
        first, second, scale, third, out = cache
        grads = {}
        dx, grads["W3"], grads["b3"] = conv_backward_naive(dout * (out - out * out), third)
        dx = upsample_backward(dx, scale)
        dx = dx + self.block_back(dx, 2, second, grads)
        self.block_back(dx, 1, first, grads)
        return grads


def perceptual_loss(
    out, X, model, content_layer, content_weight, style_layers, style_targets, style_weights, tv_weight
):
    total, dout = 0.0, np.zeros_like(out)
    layers = [model.layers[k] for k in (content_layer, *style_layers)]
    for n in range(len(out)):
        maps, cache = model.features(out[n : n + 1], layers)
        difference = maps[0] - model.features(X[n : n + 1], layers[:1])[0][0]
        total += content_weight * (difference**2).sum()
        dmaps = [2 * content_weight * difference]
        for m, target, weight in zip(maps[1:], style_targets, style_weights, strict=True):
            gap = np.einsum("nihw,njhw->nij", m, m) / m.size - target
            total += weight * (gap**2).sum()
            dmaps.append(4 * weight / m.size * np.einsum("nij,njhw->nihw", gap, m))
        dout[n] = model.features_backward(dmaps, cache)[0]
        for axis in (1, 2):
            steps = np.diff(out[n], axis=axis)
            total += tv_weight * (steps**2).sum()
            ends = [(0, 0)] * 3
            ends[axis] = (1, 1)
            dout[n] -= 2 * tv_weight * np.diff(np.pad(steps, ends), axis=axis)
    return total / len(out), dout / len(out)

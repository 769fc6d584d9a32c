"""FullyConnectedNet with hooks for its layers, run by a recursion from the first layer to the last and back."""

import numpy as np

from chainrule import norm


def data_loss(x, y):
    p = np.exp(x - x.max(1)[:, None])
    p /= p.sum(1)[:, None]
    rows = np.arange(len(y))
    loss = -np.mean(np.log(p[rows, y]))
    p[rows, y] -= 1
    return loss, p / len(y)


class FullyConnectedNet:
    def __init__(
        self,
        hidden_dims,
        input_dim=3072,
        num_classes=10,
        dropout_keep_ratio=1,
        normalization=None,
        reg=0.0,
        weight_scale=0.01,
        dtype=np.float32,
        seed=None,
    ):
        self.reg, self.dtype, self.normalization, self.num_layers = reg, dtype, normalization, len(hidden_dims) + 1
        self.bn_params = [{} for _ in hidden_dims]
        self.dropout_param = {"p": dropout_keep_ratio, "seed": seed}
        self.params = {}
        ins, outs = [input_dim, *hidden_dims], [*hidden_dims, num_classes]
        for k in range(self.num_layers, 0, -1):
            W = np.random.randn(ins[k - 1], outs[k - 1]).astype(dtype)
            W *= weight_scale
            self.params.update({f"W{k}": W, f"b{k}": W[0] * 0})
            if normalization and k < self.num_layers:
                self.params.update({f"gamma{k}": W[0] * 0 + 1, f"beta{k}": W[0] * 0})

    def norm_forward(self, x, k, mode):
        if not self.normalization:
            return x, None
        self.bn_params[k - 1].update(mode=mode)
        forward = getattr(norm, f"{self.normalization}_forward")
        return forward(x, *(self.params[f"{kind}{k}"] for kind in ("gamma", "beta")), self.bn_params[k - 1])

    def norm_backward(self, dout, cache, k):
        if not self.normalization:
            return dout, {}
        dx, *grads = getattr(norm, f"{self.normalization}_backward")(dout, cache)
        return dx, dict(zip((f"gamma{k}", f"beta{k}"), grads, strict=True))

    def loss(self, X, y=None):
        found = self.run(np.asarray(X, self.dtype).reshape(X.shape[0], -1), y, 1)
        return found if y is None else found[:2]

    def run(self, x, y, k):
        """(loss, grads, dx) of layers k and above."""
        W = self.params[f"W{k}"]
        a = x @ W + self.params[f"b{k}"]
        if k == self.num_layers:
            if y is None:
                return a
            loss, da = data_loss(a, y)
            grads = {}
        else:
            a, cache = self.norm_forward(a, k, mode="train" if y is not None else "test")
            above = self.run(a.clip(0), y, k + 1)
            if y is None:
                return above
            loss, grads, da = above
            da, more = self.norm_backward((a > 0) * da, cache, k)
            grads.update(more)
        grads[f"W{k}"] = x.T @ da + self.reg * W
        grads[f"b{k}"] = np.ones(len(x), x.dtype) @ da
        return loss + self.reg / 2 * (W**2).sum(), grads, da @ W.T

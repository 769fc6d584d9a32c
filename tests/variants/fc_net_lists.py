"""FullyConnectedNet with lists and einsum, its weights drawn all at once and cut into matrices."""

import numpy as np

from chainrule.norm import layernorm_backward, layernorm_forward


class FullyConnectedNet:
    def __init__(
        self, hidden_dims, input_dim=3072, num_classes=10, dropout_keep_ratio=1, normalization=None, **settings
    ):
        settings = {"reg": 0.0, "weight_scale": 1e-2, "dtype": np.float32, "seed": None} | settings
        self.reg, self.dtype, self.normalization = settings["reg"], settings["dtype"], normalization
        self.bn_params = list(map(dict, [()] * len(hidden_dims)))
        self.dropout_param = dict(p=dropout_keep_ratio, mode="train", seed=settings["seed"])
        sizes = np.array([input_dim, *hidden_dims, num_classes])
        ends = np.cumsum(sizes[:-1] * sizes[1:])
        numbers = np.split(np.random.normal(0, settings["weight_scale"], ends[-1]), ends[:-1])
        self.params = {}
        for k, (part, fan_in, fan_out) in enumerate(zip(numbers, sizes[:-1], sizes[1:], strict=True)):
            self.params[f"W{k + 1}"] = part.reshape(fan_in, fan_out).astype(self.dtype)
            self.params[f"b{k + 1}"] = np.zeros(fan_out, self.dtype)
        if normalization in ("batchnorm", "layernorm"):
            for k, size in enumerate(hidden_dims, 1):
                self.params |= {f"gamma{k}": np.ones(size, self.dtype), f"beta{k}": np.zeros(size, self.dtype)}

    def loss(self, X, y=None):
        L = sum(name.startswith("W") for name in self.params)
        inputs, masks, caches = [X.reshape(len(X), -1).astype(self.dtype)], [], []
        for k in range(1, L + 1):
            s = np.einsum("nd,dm->nm", inputs[-1], self.params[f"W{k}"]) + self.params[f"b{k}"]
            if k < L:
                s, cache = self.normed(s, k)
                masks.append(np.sign(np.maximum(s, 0)))
                caches.append(cache)
                inputs.append(s * masks[-1])
        if y is None:
            return s

        log_p = s - np.logaddexp.reduce(s, axis=1, keepdims=True)
        truth = np.eye(s.shape[1], dtype=s.dtype)[y]
        delta, grads = (np.exp(log_p) - truth) / len(y), {}
        for k in range(L, 0, -1):
            grads[f"W{k}"] = np.einsum("nd,nm->dm", inputs[k - 1], delta) + self.params[f"W{k}"] * self.reg
            grads[f"b{k}"] = delta.sum(0)
            if k > 1:
                delta = np.einsum("nm,dm->nd", delta, self.params[f"W{k}"]) * masks[k - 2]
                if self.normalization:
                    delta, grads[f"gamma{k - 1}"], grads[f"beta{k - 1}"] = layernorm_backward(delta, caches[k - 2])
        squares = sum(np.vdot(self.params[f"W{k}"], self.params[f"W{k}"]) for k in range(1, L + 1))
        return -(log_p * truth).sum() / len(y) + self.reg * squares / 2, grads

    def normed(self, x, k):
        if not self.normalization:
            return x, None
        return layernorm_forward(x, self.params[f"gamma{k}"], self.params[f"beta{k}"], {})

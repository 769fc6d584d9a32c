"""FullyConnectedNet in the style of CS231n's exercises: __init__ and loss alone, all layers inside."""

import numpy as np


class FullyConnectedNet:
    def __init__(
        self,
        hidden_dims,
        input_dim=3 * 32 * 32,
        num_classes=10,
        dropout_keep_ratio=1,
        normalization=None,
        reg=0.0,
        weight_scale=1e-2,
        dtype=np.float32,
        seed=None,
    ):
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}
        layer_input_dim = input_dim
        for i, size in enumerate(list(hidden_dims) + [num_classes]):
            self.params["W" + str(i + 1)] = weight_scale * np.random.randn(layer_input_dim, size)
            self.params["b" + str(i + 1)] = np.zeros(size)
            if self.normalization and i < len(hidden_dims):
                self.params["gamma" + str(i + 1)] = np.ones(size)
                self.params["beta" + str(i + 1)] = np.zeros(size)
            layer_input_dim = size
        self.dropout_param = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
            if seed is not None:
                self.dropout_param["seed"] = seed
        self.bn_params = [{"mode": "train"} for i in range(self.num_layers - 1)]
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def loss(self, X, y=None):
        x = X.astype(self.dtype).reshape(X.shape[0], -1)
        layers = []
        for i in range(1, self.num_layers):
            a = x.dot(self.params[f"W{i}"]) + self.params[f"b{i}"]
            centred = std = None
            h = a
            if self.normalization == "layernorm":
                centred = a - a.mean(axis=1, keepdims=True)
                std = np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-5)
                h = self.params[f"gamma{i}"] * centred / std + self.params[f"beta{i}"]
            layers.append((x, centred, std, h))
            x = h * (h > 0)
        n = self.num_layers
        scores = x.dot(self.params[f"W{n}"]) + self.params[f"b{n}"]
        if y is None:
            return scores

        shifted = scores - scores.max(axis=1, keepdims=True)
        probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        loss = -np.log(probs[range(len(y)), y]).mean()
        d = probs.copy()
        d[range(len(y)), y] -= 1
        d /= len(y)
        grads = {f"W{n}": x.T.dot(d) + self.reg * self.params[f"W{n}"], f"b{n}": d.sum(axis=0)}
        loss += 0.5 * self.reg * (self.params[f"W{n}"] ** 2).sum()
        d = d.dot(self.params[f"W{n}"].T)
        for i in range(n - 1, 0, -1):
            x, centred, std, h = layers[i - 1]
            d = np.where(h > 0, d, 0)
            if self.normalization == "layernorm":
                grads[f"gamma{i}"], grads[f"beta{i}"] = (d * centred / std).sum(axis=0), d.sum(axis=0)
                d = d * self.params[f"gamma{i}"] / std
                along = (d * centred).mean(axis=1, keepdims=True) / std**2
                d = d - d.mean(axis=1, keepdims=True) - centred * along
            W = self.params[f"W{i}"]
            grads[f"W{i}"] = x.T.dot(d) + self.reg * W
            grads[f"b{i}"] = d.sum(axis=0)
            loss += 0.5 * self.reg * np.sum(W**2)
            d = d.dot(W.T)
        return loss, grads

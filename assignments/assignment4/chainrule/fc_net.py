"""A fully connected network of any depth, with normalisation and dropout where they are wanted: `FullyConnectedNet`.

{affine - [batch or layer norm] - ReLU - [dropout]} x (L - 1) - affine - softmax, put together from the layers of
`chainrule.layers`, `chainrule.norm` and `chainrule.dropout`.
"""

import numpy as np

from chainrule.dropout import dropout_backward, dropout_forward
from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward, softmax_loss
from chainrule.norm import batchnorm_backward, batchnorm_forward, layernorm_backward, layernorm_forward

__all__ = ["FullyConnectedNet"]


class FullyConnectedNet:
    """A softmax classifier with len(hidden_dims) hidden layers. Layers are counted from 1 to num_layers.

    Attributes: params, a dict of the weights W1, b1 (gamma1, beta1), W2, b2 ... by name; num_layers, hidden layers
    and the last one together; reg; normalization; dtype; bn_params, a list with one dict a hidden layer, which batch
    norm keeps its running averages in; dropout_param, {"mode": ..., "p": keep ratio} and perhaps "seed".
    """

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
        """Draw the weights of all layers and keep the settings.

        hidden_dims: list of the sizes of the hidden layers. self.params gets for layer k = 1 ... L
        Wk (fan_in, fan_out), weight_scale times normal random numbers (np.random), and bk (fan_out,), zeros;
        with normalization "batchnorm" or "layernorm" every hidden layer also gets
        gammak (fan_out,), ones, and betak (fan_out,), zeros. All are of type dtype.
        dropout_keep_ratio: share of the hidden units that dropout keeps; 1 is no dropout. reg: strength of the
        penalty on the weights. seed: given to the dropout layers, so that they draw the same masks in every call.
        """
        self.num_layers = len(hidden_dims) + 1
        self.normalization, self.reg, self.dtype = normalization, reg, dtype
        self.bn_params = [{"mode": "train"} for _ in hidden_dims]
        self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
        if seed is not None:
            self.dropout_param["seed"] = seed

        dims = [input_dim, *hidden_dims, num_classes]
        params = {}
        for k in range(1, self.num_layers + 1):
            fan_in, fan_out = dims[k - 1], dims[k]
            params[f"W{k}"] = weight_scale * np.random.randn(fan_in, fan_out)
            params[f"b{k}"] = np.zeros(fan_out)
            if normalization is not None and k < self.num_layers:
                params[f"gamma{k}"] = np.ones(fan_out)
                params[f"beta{k}"] = np.zeros(fan_out)
        self.params = {name: value.astype(dtype) for name, value in params.items()}

    def loss(self, X, y=None):
        """The scores of all images or, where labels are given, the loss and its gradients.

        X: (N, d_1, ..., d_k), flattened to (N, input_dim) and converted to self.dtype. y: (N,) labels, or None.
        Without y: returns scores (N, num_classes); normalisation and dropout work in mode "test".
        With y: returns (loss, grads) in mode "train". loss = softmax loss + 0.5 * reg * sum(W * W), summed over all
        weights W1 ... W_L (biases, gammas and betas are not penalised); grads has the names and shapes of self.params.
        """
        mode = "test" if y is None else "train"
        L = self.num_layers
        out, caches = X.astype(self.dtype), {}
        for k in range(1, L):
            out, caches[k] = self.hidden_forward(out, k, mode)
        scores, cache = affine_forward(out, self.params[f"W{L}"], self.params[f"b{L}"])
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        grads = {}
        dout, grads[f"W{L}"], grads[f"b{L}"] = affine_backward(dscores, cache)
        for k in range(L - 1, 0, -1):
            dout, of_layer = self.hidden_backward(dout, caches[k], k)
            grads.update(of_layer)
        for k in range(1, L + 1):
            W = self.params[f"W{k}"]
            loss += 0.5 * self.reg * np.sum(W * W)
            grads[f"W{k}"] += self.reg * W
        return loss, grads

    def hidden_forward(self, x, k, mode):
        """Hidden layer k: affine - norm - ReLU - dropout. x (N, ...), mode "train" or "test"; returns (out, cache)."""
        a, affine_cache = affine_forward(x, self.params[f"W{k}"], self.params[f"b{k}"])
        normed, norm_cache = self.norm_forward(a, k, mode)
        h, relu_cache = relu_forward(normed)
        out, drop_cache = self.drop_forward(h, mode)
        return out, (affine_cache, norm_cache, relu_cache, drop_cache)

    def hidden_backward(self, dout, cache, k):
        """The same layer backwards: returns dx and the gradients of the layer's parameters, a dict by name."""
        affine_cache, norm_cache, relu_cache, drop_cache = cache
        dh = self.drop_backward(dout, drop_cache)
        dnormed = relu_backward(dh, relu_cache)
        da, grads = self.norm_backward(dnormed, norm_cache, k)
        dx, dW, db = affine_backward(da, affine_cache)
        return dx, grads | {f"W{k}": dW, f"b{k}": db}

    def norm_forward(self, x, k, mode):
        """Normalisation of hidden layer k, by self.normalization: None, "batchnorm" or "layernorm".

        x: (N, D) outputs of the affine layer. mode: "train" or "test". With None, x comes back as it is.
        Scale and shift are self.params["gamma{k}"] and self.params["beta{k}"]; self.bn_params[k - 1] is the layer's
        own dict for the settings and the running averages, and gets the mode. Returns (out, cache).
        """
        if self.normalization is None:
            return x, None
        norm = batchnorm_forward if self.normalization == "batchnorm" else layernorm_forward
        self.bn_params[k - 1]["mode"] = mode
        return norm(x, self.params[f"gamma{k}"], self.params[f"beta{k}"], self.bn_params[k - 1])

    def norm_backward(self, dout, cache, k):
        """Gradients of `norm_forward`: dx (N, D), and {"gamma{k}": dgamma, "beta{k}": dbeta}; with None, dout and {}.

        dout: (N, D) gradient at the output. cache: from `norm_forward` of the same layer.
        """
        if self.normalization is None:
            return dout, {}
        norm = batchnorm_backward if self.normalization == "batchnorm" else layernorm_backward
        dx, dgamma, dbeta = norm(dout, cache)
        return dx, {f"gamma{k}": dgamma, f"beta{k}": dbeta}

    def drop_forward(self, x, mode):
        """Dropout after a hidden layer, by self.dropout_param. x: (N, D), mode "train" or "test"; returns (out, cache).

        With a keep ratio p of 1, x comes back as it is. Otherwise self.dropout_param gets the mode first.
        """
        if self.dropout_param["p"] == 1:
            return x, None
        self.dropout_param["mode"] = mode
        return dropout_forward(x, self.dropout_param)

    def drop_backward(self, dout, cache):
        """Gradient of `drop_forward` at its input, of dout's shape. cache: what `drop_forward` returned with out."""
        if self.dropout_param["p"] == 1:
            return dout
        return dropout_backward(dout, cache)

"""`ThreeLayerConvNet`: one convolution and two fully connected layers that classify images."""

import numpy as np

from chainrule.conv import conv_backward_fast, conv_forward_fast, max_pool_backward_naive, max_pool_forward_naive
from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward, softmax_loss

__all__ = ["ThreeLayerConvNet"]


class ThreeLayerConvNet:
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax, on images (N, C, H, W)."""

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
        """Make the weights, self.params, all of dtype, and keep reg and dtype.

        input_dim: (C, H, W) with H and W even; filter_size: odd. The convolution has stride 1 and pad
        (filter_size - 1) / 2, so it keeps H and W; the pool halves them. Keys and shapes of self.params:
        W1 (num_filters, C, filter_size, filter_size), b1 (num_filters,);
        W2 (num_filters * H/2 * W/2, hidden_dim), b2 (hidden_dim,); W3 (hidden_dim, num_classes), b3 (num_classes,).
        Weights are normal with mean 0 and standard deviation weight_scale (np.random.randn), biases are 0.
        """
        C, H, W = input_dim
        flat = num_filters * (H // 2) * (W // 2)
        self.reg, self.dtype = reg, dtype
        self.params = {
            "W1": weight_scale * np.random.randn(num_filters, C, filter_size, filter_size),
            "b1": np.zeros(num_filters),
            "W2": weight_scale * np.random.randn(flat, hidden_dim),
            "b2": np.zeros(hidden_dim),
            "W3": weight_scale * np.random.randn(hidden_dim, num_classes),
            "b3": np.zeros(num_classes),
        }
        self.params = {name: value.astype(dtype) for name, value in self.params.items()}

    def loss(self, X, y=None):
        """Scores of a batch, or its loss and gradients.

        X: (N, C, H, W), y: (N,) labels or None. The layers use self.params as it is now.
        Without y: returns the scores (N, num_classes). With y: returns (loss, grads), with
        loss = the mean softmax loss + 0.5 * self.reg * (sum of the squares of W1, W2 and W3),
        and grads a dict with the keys of self.params.
        """
        params, reg = self.params, self.reg
        conv_param = {"stride": 1, "pad": (params["W1"].shape[2] - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        maps, conv_cache = conv_forward_fast(X.astype(self.dtype), params["W1"], params["b1"], conv_param)
        active, relu_cache = relu_forward(maps)
        pooled, pool_cache = max_pool_forward_naive(active, pool_param)
        hidden, affine_cache = affine_forward(pooled, params["W2"], params["b2"])
        hidden, hidden_cache = relu_forward(hidden)
        scores, scores_cache = affine_forward(hidden, params["W3"], params["b3"])
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        grads = {}
        dhidden, grads["W3"], grads["b3"] = affine_backward(dscores, scores_cache)
        dhidden = relu_backward(dhidden, hidden_cache)
        dpooled, grads["W2"], grads["b2"] = affine_backward(dhidden, affine_cache)
        dmaps = relu_backward(max_pool_backward_naive(dpooled, pool_cache), relu_cache)
        _, grads["W1"], grads["b1"] = conv_backward_fast(dmaps, conv_cache)
        for name in ("W1", "W2", "W3"):
            loss += 0.5 * reg * np.sum(params[name] ** 2)
            grads[name] = grads[name] + reg * params[name]
        return loss, grads

"""Fast style transfer in the style of Stanford CS231n: loops over pixels, layers one by one, everything in a dict."""

import numpy as np

from chainrule.activations import sigmoid_backward, sigmoid_forward
from chainrule.conv import conv_backward_fast, conv_forward_fast
from chainrule.layers import relu_backward, relu_forward
from chainrule.norm import spatial_groupnorm_backward, spatial_groupnorm_forward
from chainrule.style import content_loss, style_loss, tv_loss


def upsample_forward(x, scale=2):
    N, C, H, W = x.shape
    out = np.zeros((N, C, scale * H, scale * W), dtype=x.dtype)
    for i in range(scale * H):
        for j in range(scale * W):
            out[:, :, i, j] = x[:, :, i // scale, j // scale]
    cache = (x.shape, scale)
    return out, cache


def upsample_backward(dout, cache):
    shape, scale = cache
    dx = np.zeros(shape, dtype=dout.dtype)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dx[:, :, i // scale, j // scale] += dout[:, :, i, j]
    return dx


def block_forward(x, W, gamma, beta, stride):
    F = W.shape[0]
    a, conv_cache = conv_forward_fast(x, W, np.zeros(F, dtype=x.dtype), {"stride": stride, "pad": 1})
    n, norm_cache = spatial_groupnorm_forward(a, gamma, beta, F, {"eps": 1e-5})
    out, relu_cache = relu_forward(n)
    return out, (conv_cache, norm_cache, relu_cache)


def block_backward(dout, cache):
    conv_cache, norm_cache, relu_cache = cache
    da, dgamma, dbeta = spatial_groupnorm_backward(relu_backward(dout, relu_cache), norm_cache)
    dx, dW, _ = conv_backward_fast(da, conv_cache)
    return dx, dW, dgamma, dbeta


class StylizingNet:
    def __init__(self, num_filters=16, seed=None, dtype=np.float32):
        rng = np.random.RandomState(seed)
        self.params = {}
        self.dtype = dtype
        F = num_filters
        self.params["W1"] = rng.randn(F, 3, 3, 3) * np.sqrt(2.0 / 27)
        self.params["gamma1"] = np.ones((1, F, 1, 1))
        self.params["beta1"] = np.zeros((1, F, 1, 1))
        self.params["W2"] = rng.randn(F, F, 3, 3) * np.sqrt(2.0 / (9 * F))
        self.params["gamma2"] = np.ones((1, F, 1, 1))
        self.params["beta2"] = np.zeros((1, F, 1, 1))
        self.params["W3"] = rng.randn(3, F, 3, 3) * 0.1 * np.sqrt(2.0 / (9 * F))
        self.params["b3"] = np.zeros(3)
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def forward(self, X):
        W3, b3 = self.params["W3"], self.params["b3"]
        X = X.astype(self.dtype)
        x1, cache1 = block_forward(2 * X - 1, *(self.params[n] for n in ("W1", "gamma1", "beta1")), 2)
        h, cache2 = block_forward(x1, *(self.params[n] for n in ("W2", "gamma2", "beta2")), 1)
        x2 = x1 + h
        up, up_cache = upsample_forward(x2)
        z, cache3 = conv_forward_fast(up, W3, b3, {"stride": 1, "pad": 1})
        out, sigmoid_cache = sigmoid_forward(z + 4 * X - 2)
        return out, {"1": cache1, "2": cache2, "up": up_cache, "3": cache3, "sigmoid": sigmoid_cache}

    def backward(self, dout, cache):
        grads = {}
        dz = sigmoid_backward(dout, cache["sigmoid"])
        dup, grads["W3"], grads["b3"] = conv_backward_fast(dz, cache["3"])
        dx2 = upsample_backward(dup, cache["up"])
        dx1, grads["W2"], grads["gamma2"], grads["beta2"] = block_backward(dx2, cache["2"])
        dx1 += dx2
        _, grads["W1"], grads["gamma1"], grads["beta1"] = block_backward(dx1, cache["1"])
        return grads


def perceptual_loss(
    out, X, model, content_layer, content_weight, style_layers, style_targets, style_weights, tv_weight
):
    N = out.shape[0]
    top = max(content_layer, max(style_layers))
    names = list(model.layers[: top + 1])
    feats, cache = model.features(out, names)
    originals, _ = model.features(X, names)
    c_loss, dc = content_loss(content_weight, feats[content_layer], originals[content_layer])
    s_loss, dfeats = style_loss(feats, style_layers, style_targets, style_weights)
    t_loss, dt = tv_loss(out, tv_weight)
    dfeats[content_layer] = dfeats[content_layer] + dc
    dout = model.features_backward(dfeats, cache)
    return (c_loss + s_loss + t_loss) / N, (dout + dt) / N

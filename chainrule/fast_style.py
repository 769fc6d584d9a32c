"""Fast style transfer (Johnson, Alahi and Fei-Fei, 2016): a small net learns one style; then an image takes one pass.

`upsample_forward` and `upsample_backward` make feature maps larger. `StylizingNet` turns images into images, forward
and backward. `perceptual_loss` is what it is trained with: the losses of style transfer, for a batch of its outputs.
"""

import numpy as np

from chainrule.activations import sigmoid_backward, sigmoid_forward
from chainrule.conv import conv_backward_fast, conv_forward_fast
from chainrule.layers import relu_backward, relu_forward
from chainrule.norm import spatial_groupnorm_backward, spatial_groupnorm_forward
from chainrule.style import style_transfer_loss

__all__ = ["StylizingNet", "perceptual_loss", "upsample_backward", "upsample_forward"]


def upsample_forward(x, scale=2):
    """Nearest-neighbour upsampling: every pixel becomes a square of scale x scale equal ones.

    x: (N, C, H, W), scale: an integer >= 1. out[n, c, i, j] = x[n, c, i // scale, j // scale].
    Returns (out, cache), out (N, C, scale * H, scale * W) in the dtype of x.
    """
    out = x.repeat(scale, axis=2).repeat(scale, axis=3)
    return out, scale


def upsample_backward(dout, cache):
    """Gradient of `upsample_forward`, dx (N, C, H, W) in the dtype of dout.

    dout: (N, C, scale * H, scale * W), cache: from the forward pass.
    """
    scale = cache
    N, C, H, W = dout.shape
    squares = dout.reshape(N, C, H // scale, scale, W // scale, scale)
    return squares.sum(axis=(3, 5))


class StylizingNet:
    """Images in, images out: a small convolutional net of three layers (after Johnson, Alahi and Fei-Fei, 2016).

    conv - norm - relu - [conv - norm - relu, added to its input] - upsample - conv, added to the image - sigmoid.
    Images X are (N, 3, H, W) in 0..1 with H and W even. The first convolution has stride 2, the two others stride 1;
    all have pad 1. The norms are instance norms (Ulyanov, Vedaldi and Lempitsky, 2016): each channel of each image by
    itself, which is `spatial_groupnorm_forward` with one channel a group.
    """

    def __init__(self, num_filters=16, seed=None, dtype=np.float32):
        """Make the weights, self.params, all of dtype, and keep dtype in self.dtype.

        With F = num_filters, the keys and shapes are W1 (F, 3, 3, 3), gamma1, beta1 (1, F, 1, 1), W2 (F, F, 3, 3),
        gamma2, beta2 (1, F, 1, 1), W3 (3, F, 3, 3), b3 (3,). W1 and W2 are normal with mean 0 and standard deviation
        sqrt(2 / (9 * C)) for filters over C channels (He et al., 2015), W3 with a tenth of that; gammas are 1, betas
        and b3 are 0. The same seed gives the same weights; None draws new ones.
        """
        rng, F = np.random.default_rng(seed), num_filters
        self.dtype, self.params = dtype, {}
        for name, shape, gain in (("W1", (F, 3, 3, 3), 1), ("W2", (F, F, 3, 3), 1), ("W3", (3, F, 3, 3), 0.1)):
            self.params[name] = gain * np.sqrt(2 / (9 * shape[1])) * rng.standard_normal(shape)
        for k in (1, 2):
            self.params |= {f"gamma{k}": np.ones((1, F, 1, 1)), f"beta{k}": np.zeros((1, F, 1, 1))}
        self.params["b3"] = np.zeros(3)
        self.params = {name: value.astype(dtype) for name, value in self.params.items()}

    def forward(self, X):
        """The stylized images out, of X's shape in 0..1, and the cache: (out, cache).

        X: (N, 3, H, W) in 0..1. With the weights of self.params, everything in self.dtype:
        x1 = relu(norm(conv(2 X - 1, W1), gamma1, beta1)), (N, F, H/2, W/2);
        x2 = x1 + relu(norm(conv(x1, W2), gamma2, beta2)), of the same shape;
        out = sigmoid(conv(upsample(x2), W3, b3) + 4 X - 2). The first two convolutions have no bias.
        """
        p, X = self.params, np.asarray(X, self.dtype)
        F = p["W1"].shape[0]
        no_bias = np.zeros(F, self.dtype)
        maps, conv1 = conv_forward_fast(2 * X - 1, p["W1"], no_bias, {"stride": 2, "pad": 1})
        maps, norm1 = spatial_groupnorm_forward(maps, p["gamma1"], p["beta1"], F, {})
        x1, relu1 = relu_forward(maps)
        maps, conv2 = conv_forward_fast(x1, p["W2"], no_bias, {"stride": 1, "pad": 1})
        maps, norm2 = spatial_groupnorm_forward(maps, p["gamma2"], p["beta2"], F, {})
        maps, relu2 = relu_forward(maps)
        large, up = upsample_forward(x1 + maps)
        change, conv3 = conv_forward_fast(large, p["W3"], p["b3"], {"stride": 1, "pad": 1})
        out, sigmoid = sigmoid_forward(change + 4 * X - 2)
        return out, (conv1, norm1, relu1, conv2, norm2, relu2, up, conv3, sigmoid)

    def backward(self, dout, cache):
        """The gradients of the weights, a dict with the keys of self.params.

        dout: the gradient with respect to out, of its shape; cache: from `forward`.
        """
        conv1, norm1, relu1, conv2, norm2, relu2, up, conv3, sigmoid = cache
        grads = {}
        dchange = sigmoid_backward(dout, sigmoid)
        dlarge, grads["W3"], grads["b3"] = conv_backward_fast(dchange, conv3)
        dx2 = upsample_backward(dlarge, up)
        dmaps = relu_backward(dx2, relu2)
        dmaps, grads["gamma2"], grads["beta2"] = spatial_groupnorm_backward(dmaps, norm2)
        dx1, grads["W2"], _ = conv_backward_fast(dmaps, conv2)
        dmaps = relu_backward(dx1 + dx2, relu1)  # x1 went two ways
        dmaps, grads["gamma1"], grads["beta1"] = spatial_groupnorm_backward(dmaps, norm1)
        _, grads["W1"], _ = conv_backward_fast(dmaps, conv1)
        return grads


def perceptual_loss(
    out, X, model, content_layer, content_weight, style_layers, style_targets, style_weights, tv_weight
):
    """What a stylizing net is trained with: the mean over a batch of the losses of style transfer.

    out: the net's outputs, X: the images they were made from, (N, 3, H, W) both. The content to be reached are the
    maps of X at content_layer, an index in model.layers. All other arguments are those of `style_transfer_loss`;
    style_targets[k] is (1, C, C), the same for all images.
    Returns (loss, dout): the sum of content, style and total variation losses of all images, divided by N, and its
    gradient with respect to out, of out's shape.
    """
    (content_target,), _ = model.features(X, [model.layers[content_layer]])
    losses, dout = style_transfer_loss(
        out, model, content_layer, content_target, content_weight, style_layers, style_targets, style_weights, tv_weight
    )
    return sum(losses) / len(out), dout / len(out)

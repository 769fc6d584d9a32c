"""Two pairs of nets for grey images with values in -1..1, trained against each other.

`Generator` and `Discriminator` are fully connected and know images as rows of numbers; `ConvGenerator` and
`ConvDiscriminator` are convolutional, for images (N, 1, 8, 8). A net holds its arrays in the dict `params`
(W1, b1, ...) and what its optimiser remembers in the dict `configs`.
"""

import numpy as np

from chainrule.activations import leaky_relu_backward, leaky_relu_forward, tanh_backward, tanh_forward
from chainrule.conv import conv_backward_fast, conv_forward_fast
from chainrule.gan.layers import conv_transpose_backward, conv_transpose_forward
from chainrule.initializers import draw_params
from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward

__all__ = ["ConvDiscriminator", "ConvGenerator", "Discriminator", "Generator"]


class Generator:
    """Makes images of noise: affine - ReLU - affine - ReLU - affine - tanh."""

    def __init__(self, noise_dim=16, hidden_dim=128, image_dim=64, seed=0, dtype=np.float32):
        """Random weights W1, W2, W3 (He et al., 2015), biases b1, b2, b3 of 0."""
        shapes = ((noise_dim, hidden_dim), (hidden_dim, hidden_dim), (hidden_dim, image_dim))
        self.params = draw_params(shapes, (hidden_dim, hidden_dim, image_dim), seed, dtype)
        self.configs = {}

    def forward(self, z):
        """Images of noise. z: (N, noise_dim). h1 = relu(z W1 + b1), h2 = relu(h1 W2 + b2), out = tanh(h2 W3 + b3).

        Returns (out, cache), out (N, image_dim) with values in -1..1.
        """
        p = self.params
        a1, affine1 = affine_forward(z, p["W1"], p["b1"])
        h1, relu1 = relu_forward(a1)
        a2, affine2 = affine_forward(h1, p["W2"], p["b2"])
        h2, relu2 = relu_forward(a2)
        a3, affine3 = affine_forward(h2, p["W3"], p["b3"])
        out, tanh = tanh_forward(a3)
        return out, (affine1, relu1, affine2, relu2, affine3, tanh)

    def backward(self, dout, cache):
        """Gradients of `forward`. dout: (N, image_dim). Returns (dz, grads), grads {name: gradient} for all params."""
        affine1, relu1, affine2, relu2, affine3, tanh = cache
        grads = {}
        da3 = tanh_backward(dout, tanh)
        dh2, grads["W3"], grads["b3"] = affine_backward(da3, affine3)
        da2 = relu_backward(dh2, relu2)
        dh1, grads["W2"], grads["b2"] = affine_backward(da2, affine2)
        da1 = relu_backward(dh1, relu1)
        dz, grads["W1"], grads["b1"] = affine_backward(da1, affine1)
        return dz, grads


class Discriminator:
    """Gives every image a logit, high for a real one: affine - leaky ReLU - affine - leaky ReLU - affine."""

    def __init__(self, image_dim=64, hidden_dim=128, seed=0, dtype=np.float32):
        """Random weights W1, W2, W3 (He et al., 2015), biases b1, b2, b3 of 0."""
        shapes = ((image_dim, hidden_dim), (hidden_dim, hidden_dim), (hidden_dim, 1))
        self.params = draw_params(shapes, (hidden_dim, hidden_dim, 1), seed, dtype)
        self.configs = {}

    def forward(self, x):
        """Logits of images. x: (N, image_dim). h1 = leaky(x W1 + b1), h2 = leaky(h1 W2 + b2), logits = h2 W3 + b3.

        The slope of the leaky ReLU is 0.01. Returns (logits, cache), logits (N,).
        """
        p = self.params
        a1, affine1 = affine_forward(x, p["W1"], p["b1"])
        h1, leaky1 = leaky_relu_forward(a1)
        a2, affine2 = affine_forward(h1, p["W2"], p["b2"])
        h2, leaky2 = leaky_relu_forward(a2)
        logits, affine3 = affine_forward(h2, p["W3"], p["b3"])
        return logits[:, 0], (affine1, leaky1, affine2, leaky2, affine3)

    def backward(self, dlogits, cache):
        """Gradients of `forward`. dlogits: (N,). Returns (dx, grads), grads {name: gradient} for all params."""
        affine1, leaky1, affine2, leaky2, affine3 = cache
        grads = {}
        dh2, grads["W3"], grads["b3"] = affine_backward(dlogits[:, None], affine3)
        da2 = leaky_relu_backward(dh2, leaky2)
        dh1, grads["W2"], grads["b2"] = affine_backward(da2, affine2)
        da1 = leaky_relu_backward(dh1, leaky1)
        dx, grads["W1"], grads["b1"] = affine_backward(da1, affine1)
        return dx, grads


class ConvGenerator:
    """Makes images of noise: affine - ReLU - transposed convolution - ReLU - transposed convolution - tanh."""

    def __init__(self, noise_dim=16, num_filters=16, seed=0, dtype=np.float32):
        """Random weights W1, filters W2, W3 (He et al., 2015), biases b1, b2, b3 of 0. F is num_filters."""
        F = num_filters
        shapes = ((noise_dim, 2 * F * 2 * 2), (2 * F, F, 4, 4), (F, 1, 4, 4))
        self.params = draw_params(shapes, (2 * F * 2 * 2, F, 1), seed, dtype)
        self.configs = {}

    def forward(self, z):
        """Images of noise. z: (N, noise_dim). Stride 2 and pad 1 double the size: 2x2, 4x4, 8x8 pixels.

        h1 = relu(z W1 + b1), read as maps (N, 2F, 2, 2), h2 = relu(conv_transpose(h1, W2, b2)), (N, F, 4, 4),
        out = tanh(conv_transpose(h2, W3, b3)). Returns (out, cache), out (N, 1, 8, 8) with values in -1..1.
        """
        p = self.params
        a1, affine1 = affine_forward(z, p["W1"], p["b1"])
        h1, relu1 = relu_forward(a1)
        maps = h1.reshape(len(z), -1, 2, 2)
        a2, conv2 = conv_transpose_forward(maps, p["W2"], p["b2"], 2, 1)
        h2, relu2 = relu_forward(a2)
        a3, conv3 = conv_transpose_forward(h2, p["W3"], p["b3"], 2, 1)
        out, tanh = tanh_forward(a3)
        return out, (affine1, relu1, conv2, relu2, conv3, tanh)

    def backward(self, dout, cache):
        """Gradients of `forward`. dout: (N, 1, 8, 8). Returns (dz, grads), grads {name: gradient} for all params."""
        affine1, relu1, conv2, relu2, conv3, tanh = cache
        grads = {}
        da3 = tanh_backward(dout, tanh)
        dh2, grads["W3"], grads["b3"] = conv_transpose_backward(da3, conv3)
        da2 = relu_backward(dh2, relu2)
        dmaps, grads["W2"], grads["b2"] = conv_transpose_backward(da2, conv2)
        dh1 = dmaps.reshape(len(dout), -1)
        da1 = relu_backward(dh1, relu1)
        dz, grads["W1"], grads["b1"] = affine_backward(da1, affine1)
        return dz, grads


class ConvDiscriminator:
    """Gives every image a logit, high for a real one: two times convolution and leaky ReLU, then affine."""

    def __init__(self, num_filters=16, seed=0, dtype=np.float32):
        """Random filters W1, W2, weights W3 (He et al., 2015), biases b1, b2, b3 of 0. F is num_filters."""
        F = num_filters
        shapes = ((F, 1, 4, 4), (2 * F, F, 4, 4), (2 * F * 2 * 2, 1))
        self.params = draw_params(shapes, (F, 2 * F, 1), seed, dtype)
        self.configs = {}

    def forward(self, x):
        """Logits of images. x: (N, 1, 8, 8). Stride 2 and pad 1 halve the size: 4x4, then 2x2 pixels.

        h1 = leaky(conv(x, W1, b1)), (N, F, 4, 4), h2 = leaky(conv(h1, W2, b2)), (N, 2F, 2, 2), and the logits are
        h2 W3 + b3, with h2 flattened. The slope of the leaky ReLU is 0.01. Returns (logits, cache), logits (N,).
        """
        p, halve = self.params, {"stride": 2, "pad": 1}
        a1, conv1 = conv_forward_fast(x, p["W1"], p["b1"], halve)
        h1, leaky1 = leaky_relu_forward(a1)
        a2, conv2 = conv_forward_fast(h1, p["W2"], p["b2"], halve)
        h2, leaky2 = leaky_relu_forward(a2)
        logits, affine3 = affine_forward(h2, p["W3"], p["b3"])
        return logits[:, 0], (conv1, leaky1, conv2, leaky2, affine3)

    def backward(self, dlogits, cache):
        """Gradients of `forward`. dlogits: (N,). Returns (dx, grads), grads {name: gradient} for all params."""
        conv1, leaky1, conv2, leaky2, affine3 = cache
        grads = {}
        dh2, grads["W3"], grads["b3"] = affine_backward(dlogits[:, None], affine3)
        da2 = leaky_relu_backward(dh2, leaky2)
        dh1, grads["W2"], grads["b2"] = conv_backward_fast(da2, conv2)
        da1 = leaky_relu_backward(dh1, leaky1)
        dx, grads["W1"], grads["b1"] = conv_backward_fast(da1, conv1)
        return dx, grads

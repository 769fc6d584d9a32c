"""A small convolutional net that was trained on `shapes`, to look into and to build on.

`load_shapes_net` reads its weights, which come with the course. `ShapesNet` gives scores, the feature maps of every
layer, and the gradient of either with respect to the pixels.
"""

from pathlib import Path

import numpy as np

from chainrule.conv import conv_backward_fast, conv_forward_fast, max_pool_backward_naive, max_pool_forward_naive
from chainrule.errors import DataError
from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward, softmax_loss
from chainrule.shapes import SHAPES

__all__ = ["ShapesNet", "load_shapes_net"]

WEIGHTS = Path(__file__).parent.parent / "datasets" / "shapes_net.npz"
CONV = {"stride": 1, "pad": 1}
POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}
FILTERS = (16, 32, 64, 128)
POOLED = ("conv1", "conv2", "conv3")  # layers after which a 2x2 pool halves the maps


def load_shapes_net(path=None, dtype=np.float32):
    """The trained net, computing in dtype; path: another file of weights in the layout of datasets/shapes_net.npz."""
    path = Path(path or WEIGHTS)
    net = ShapesNet(dtype=dtype)
    try:
        with np.load(path) as file:
            loaded = {name: file[name].astype(dtype) for name in file.files}
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: expected the weights of the shapes net, got {type(error).__name__}") from error
    shapes = {name: value.shape for name, value in net.params.items()}
    if {name: value.shape for name, value in loaded.items()} != shapes:
        raise DataError(f"{path}: expected arrays of the shapes {shapes}, got others; restore the file")
    net.params = loaded
    return net


class ShapesNet:
    """(3x3 conv - relu - 2x2 max pool) x 3 - 3x3 conv - relu - mean over the pixels - affine: scores of ten shapes.

    Images X are (N, 3, H, W) with values in 0..1, H and W divisible by 8; the net was trained on 32x32. The layers
    are "conv1" to "conv4", each meant after its ReLU, with 16, 32, 64 and 128 maps of H, H/2, H/4 and H/8 pixels in
    height. self.params holds W1, b1 to W5, b5 (the last pair makes the scores).
    """

    layers = tuple(f"conv{k}" for k in range(1, len(FILTERS) + 1))
    class_names = tuple(SHAPES)

    def __init__(self, seed=0, dtype=np.float32):
        """Random weights (He et al., 2015); `load_shapes_net` gives the trained ones."""
        rng = np.random.default_rng(seed)
        self.dtype, self.params = dtype, {}
        channels = (3, *FILTERS)
        for k, (before, after) in enumerate(zip(channels, FILTERS, strict=False), 1):
            W = rng.standard_normal((after, before, 3, 3)) * np.sqrt(2 / (9 * before))
            self.params |= {f"W{k}": W.astype(dtype), f"b{k}": np.zeros(after, dtype)}
        W = rng.standard_normal((FILTERS[-1], len(SHAPES))) * np.sqrt(1 / FILTERS[-1])
        self.params |= {"W5": W.astype(dtype), "b5": np.zeros(len(SHAPES), dtype)}

    def forward(self, X):
        """The scores (N, 10) before the softmax, and the cache that `backward` needs."""
        (maps,), cache = self.features(X, self.layers[-1:])
        scores, affine_cache = affine_forward(maps.mean(axis=(2, 3)), self.params["W5"], self.params["b5"])
        return scores, (cache, affine_cache, maps.shape)

    def backward(self, dscores, cache):
        """The gradient with respect to the images X, of their shape; dscores: (N, 10)."""
        return self._backward(dscores, cache)[0]

    def features(self, X, layers):
        """The feature maps of the named layers, a list of arrays (N, C, H', W'), and the cache."""
        unknown = [name for name in layers if name not in self.layers]
        if unknown or not layers:
            raise DataError(f"layers: expected names out of {', '.join(self.layers)}, got {layers!r}")
        x, maps, steps = np.asarray(X).astype(self.dtype) * 2 - 1, {}, []
        for k, name in enumerate(self.layers[: 1 + max(map(self.layers.index, layers))], 1):
            x, conv_cache = conv_forward_fast(x, self.params[f"W{k}"], self.params[f"b{k}"], CONV)
            maps[name], relu_cache = relu_forward(x)
            x, pool_cache = max_pool_forward_naive(maps[name], POOL) if name in POOLED else (maps[name], None)
            steps.append((conv_cache, relu_cache, pool_cache))
        return [maps[name] for name in layers], (tuple(layers), steps)

    def features_backward(self, dfeatures, cache):
        """The gradient with respect to the images, given one for each map that `features` returned, in its order."""
        return self._features_backward(dfeatures, cache)[0]

    def loss(self, X, y=None):
        """What a Solver needs: the scores, or with labels y the mean softmax loss and the gradients of the weights."""
        scores, cache = self.forward(X)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        return loss, self._backward(dscores, cache)[1]

    def _backward(self, dscores, cache):
        cache, affine_cache, shape = cache
        dmean, dW, db = affine_backward(np.asarray(dscores, self.dtype), affine_cache)
        dX, grads = self._mean_backward(dmean, shape, cache)
        return dX, grads | {"W5": dW, "b5": db}

    def _mean_backward(self, dmean, shape, cache):
        """Back from the mean over the pixels of the last maps, which are of this shape."""
        dmaps = np.broadcast_to(dmean[:, :, None, None] / (shape[2] * shape[3]), shape)
        return self._features_backward([dmaps], cache)

    def _features_backward(self, dfeatures, cache):
        layers, steps = cache
        grads, dx = {}, None
        for k in range(len(steps), 0, -1):
            conv_cache, relu_cache, pool_cache = steps[k - 1]
            if dx is not None and pool_cache is not None:
                dx = max_pool_backward_naive(dx, pool_cache)
            upstream = [d for d, name in zip(dfeatures, layers, strict=True) if name == self.layers[k - 1]]
            dmaps = sum(upstream, 0 if dx is None else dx)
            dx, dW, db = conv_backward_fast(relu_backward(dmaps, relu_cache).astype(self.dtype), conv_cache)
            grads |= {f"W{k}": dW, f"b{k}": db}
        return 2 * dx, grads

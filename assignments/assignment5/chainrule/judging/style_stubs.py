"""A stub for a convnet, so that style transfer can be judged with plain arrays for weights."""

import numpy as np

__all__ = ["SmoothNet"]


class SmoothNet:
    """tanh of a mix of channels, three times, with means over 2x2 pixels in between: the interface of ShapesNet.

    weights: three arrays (C_out, C_in). It has no kinks, so that numerical gradients are good everywhere.
    """

    layers = ("low", "middle", "high")

    def __init__(self, *weights):
        self.weights = weights

    def features(self, X, layers):
        """The maps of the named layers, in their order, and the cache."""
        layers = tuple(layers)
        if not layers or not set(layers) <= set(self.layers):
            raise ValueError(f"layers: expected names out of {', '.join(self.layers)}, got {layers!r}")
        x, maps = X, {}
        for name, weight in zip(self.layers, self.weights, strict=True):
            maps[name] = np.tanh(np.einsum("oc,nchw->nohw", weight, x))
            x = _pool(maps[name])
        return [maps[name].copy() for name in layers], (layers, maps)

    def features_backward(self, dfeatures, cache):
        """The gradient for X, given one for each of the maps."""
        layers, maps = cache
        dx = 0.0
        for name, weight in zip(self.layers[::-1], self.weights[::-1], strict=True):
            upstream = [d for d, layer in zip(dfeatures, layers, strict=True) if layer == name]
            dmaps = sum(upstream, 0.0 if name == self.layers[-1] else _upsample(dx) / 4)
            dx = np.einsum("oc,nohw->nchw", weight, dmaps * (1 - maps[name] ** 2))
        return dx


def _pool(x):
    return (x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]) / 4


def _upsample(x):
    return x.repeat(2, axis=2).repeat(2, axis=3)

"""A stand-in for a convnet, so that style transfer can be judged with plain arrays for weights."""

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
        x, made = X, {}
        for name, weight in zip(self.layers, self.weights, strict=True):
            made[name] = np.tanh(np.einsum("oc,nchw->nohw", weight, x))
            x = _halved(made[name])
        return [made[name].copy() for name in layers], (layers, made)

    def features_backward(self, dfeatures, cache):
        """The gradient for X, given one for each of the maps."""
        layers, made = cache
        dx = 0.0
        for name, weight in zip(self.layers[::-1], self.weights[::-1], strict=True):
            given = [d for d, layer in zip(dfeatures, layers, strict=True) if layer == name]
            dmaps = sum(given, 0.0 if name == self.layers[-1] else _doubled(dx) / 4)
            dx = np.einsum("oc,nohw->nchw", weight, dmaps * (1 - made[name] ** 2))
        return dx


def _halved(x):
    return (x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]) / 4


def _doubled(x):
    return x.repeat(2, axis=2).repeat(2, axis=3)

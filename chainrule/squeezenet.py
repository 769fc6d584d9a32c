"""SqueezeNet 1.1 (Iandola et al., 2016), the part that makes feature maps, with gradients down to the pixels.

`load_squeezenet` reads weights that were trained on ImageNet, from a file that does not come with the course;
datasets/squeezenet.md says where it is from. `SqueezeNet` has the same `layers`, `features` and `features_backward`
as `chainrule.shapes_net.ShapesNet`.
"""

import os
from pathlib import Path

import numpy as np

from chainrule.conv import conv_backward_fast, conv_forward_fast, max_pool_backward_naive, max_pool_forward_naive
from chainrule.errors import DataError
from chainrule.layers import relu_backward, relu_forward

__all__ = ["SqueezeNet", "load_squeezenet"]

VARIABLE = "CHAINRULE_SQUEEZENET"
# What the net was trained on: blue, green, red from 0 to 255, minus the mean colour of ImageNet.
BGR_MEANS = np.array([103.939, 116.779, 123.68]).reshape(1, 3, 1, 1)
POOL = {"pool_height": 3, "pool_width": 3, "stride": 2}
# Channels before, squeezed, and after each fire module; half of those after come from 1x1 filters, half from 3x3.
FIRES = {
    "fire2": (64, 16, 128),
    "fire3": (128, 16, 128),
    "fire4": (128, 32, 256),
    "fire5": (256, 32, 256),
    "fire6": (256, 48, 384),
    "fire7": (384, 48, 384),
    "fire8": (384, 64, 512),
    "fire9": (512, 64, 512),
}
SMALLEST = 17  # pixels of a side; from fewer nothing is left for the last pool


def load_squeezenet(path=None, dtype=np.float32):
    """The net with trained weights, computing in dtype.

    path: the .npz file of weights; by default what the environment variable CHAINRULE_SQUEEZENET names.
    """
    path = path or os.environ.get(VARIABLE)
    if not path:
        raise DataError(f"squeezenet: expected a file of weights, got no path; give one, or set {VARIABLE} to it")
    if not Path(path).is_file():
        raise DataError(f"squeezenet: expected a file of weights at {path}, found none; see datasets/squeezenet.md")
    try:
        with np.load(path) as file:
            loaded = {name: file[name] for name in file.files}
    except Exception as error:  # a damaged archive can raise anything
        raise DataError(f"{path}: expected an .npz file of weights, got {type(error).__name__}") from error
    net = SqueezeNet(dtype=dtype)
    _require_same(path, {name: value.shape for name, value in net.params.items()}, loaded)
    net.params = {name: value.astype(dtype) for name, value in loaded.items()}
    return net


def _require_same(path, shapes, loaded):
    if missing := sorted(shapes.keys() - loaded.keys()):
        raise DataError(f"{path}: expected {len(shapes)} arrays, found no {missing[0]} (and {len(missing)} missing)")
    if unknown := sorted(loaded.keys() - shapes.keys()):
        raise DataError(f"{path}: expected the weights of SqueezeNet 1.1 without its classifier, found {unknown[0]}")
    for name, shape in shapes.items():
        if loaded[name].shape != shape or loaded[name].dtype.kind != "f":
            got = f"{loaded[name].dtype} of shape {loaded[name].shape}"
            raise DataError(f"{path}: expected {name} to be floats of shape {shape}, got {got}")


class SqueezeNet:
    """conv - pool - 2 fire modules - pool - 2 fire modules - pool - 4 fire modules; every convolution ends in a ReLU.

    A fire module squeezes its input to few channels by 1x1 filters, and expands these by 1x1 and by 3x3 filters, whose
    outputs stand one after the other. Images X are (N, 3, H, W), red, green, blue in 0..1, with H and W of 17 or more.
    Convolutions but for the first keep the size; conv1 makes (H - 3) // 2 + 1 out of H, a pool ceil((H - 3) / 2) + 1.
    self.params holds weights and biases by torchvision's names: "features.0.weight", "features.3.squeeze.bias", ...
    """

    layers = (
        *("conv1", "pool1", "fire2", "fire3", "pool3", "fire4", "fire5", "pool5"),
        *("fire6", "fire7", "fire8", "fire9"),
    )

    def __init__(self, seed=0, dtype=np.float32):
        """Random weights (He et al., 2015); `load_squeezenet` gives the trained ones."""
        rng, shapes = np.random.default_rng(seed), {"features.0": (64, 3, 3, 3)}
        for fire, (before, squeezed, after) in FIRES.items():
            prefix = self._prefix(fire)
            shapes[f"{prefix}.squeeze"] = (squeezed, before, 1, 1)
            shapes[f"{prefix}.expand1x1"] = (after // 2, squeezed, 1, 1)
            shapes[f"{prefix}.expand3x3"] = (after // 2, squeezed, 3, 3)
        self.dtype, self.params = dtype, {}
        for name, shape in shapes.items():
            weight = rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
            self.params |= {f"{name}.weight": weight.astype(dtype), f"{name}.bias": np.zeros(shape[0], dtype)}

    def features(self, X, layers):
        """The maps of the named layers (after the ReLU), a list of arrays (N, C, H', W'), and the cache."""
        unknown = [name for name in layers if name not in self.layers]
        if unknown or not layers:
            raise DataError(f"layers: expected names out of {', '.join(self.layers)}, got {layers!r}")
        X = np.asarray(X)
        if X.ndim != 4 or X.shape[1] != 3 or min(X.shape[2:]) < SMALLEST:
            raise DataError(f"X: expected shape (N, 3, H, W) with sides of {SMALLEST} or more, got {X.shape}")
        x, maps, caches = (255 * X[:, ::-1] - BGR_MEANS).astype(self.dtype), {}, {}
        for name in self.layers[: 1 + max(map(self.layers.index, layers))]:
            forward = getattr(self, f"_{name[:4]}_forward")
            x, caches[name] = forward(x, self._prefix(name))
            maps[name] = x
        return [maps[name] for name in layers], (tuple(layers), caches)

    def features_backward(self, dfeatures, cache):
        """The gradient with respect to the images, given one for each map that `features` returned, in its order."""
        layers, caches = cache
        dx = 0
        for name in reversed(caches):
            upstream = [d for d, layer in zip(dfeatures, layers, strict=True) if layer == name]
            backward = getattr(self, f"_{name[:4]}_backward")
            dx = backward(np.asarray(sum(upstream, dx), self.dtype), caches[name])
        return 255 * dx[:, ::-1]

    def _prefix(self, name):
        """Torchvision's name: its ReLU after conv1 counts as a layer."""
        k = self.layers.index(name)
        return f"features.{k + 1 if k else 0}"

    def _conv_forward(self, x, prefix, stride=2, pad=0):
        w, b = self.params[f"{prefix}.weight"], self.params[f"{prefix}.bias"]
        out, conv_cache = conv_forward_fast(x, w, b, {"stride": stride, "pad": pad})
        out, relu_cache = relu_forward(out)
        return out, (conv_cache, relu_cache)

    def _conv_backward(self, dout, cache):
        conv_cache, relu_cache = cache
        return conv_backward_fast(relu_backward(dout, relu_cache), conv_cache)[0]

    def _fire_forward(self, x, prefix):
        x, squeeze = self._conv_forward(x, f"{prefix}.squeeze", 1)
        small, expand1x1 = self._conv_forward(x, f"{prefix}.expand1x1", 1)
        large, expand3x3 = self._conv_forward(x, f"{prefix}.expand3x3", 1, 1)
        return np.concatenate([small, large], axis=1), (squeeze, expand1x1, expand3x3)

    def _fire_backward(self, dout, cache):
        squeeze, expand1x1, expand3x3 = cache
        dsmall, dlarge = np.split(dout, 2, axis=1)
        dx = self._conv_backward(dsmall, expand1x1) + self._conv_backward(dlarge, expand3x3)
        return self._conv_backward(dx, squeeze)

    def _pool_forward(self, x, prefix):
        # Windows may stick out by one pixel. Zeros there never win: x is not negative, and of equals the first wins.
        H, W = x.shape[2:]
        padded = np.pad(x, ((0, 0), (0, 0), (0, 1 - H % 2), (0, 1 - W % 2)))
        out, cache = max_pool_forward_naive(padded, POOL)
        return out, (x.shape, cache)

    def _pool_backward(self, dout, cache):
        (_, _, H, W), cache = cache
        return max_pool_backward_naive(dout, cache)[:, :, :H, :W]

"""Data augmentation: new training images out of old ones, by changes that keep the class.

`random_flip` mirrors, `random_crop` shifts, `random_contrast` makes images flatter or stronger. Images are X of shape
(N, C, H, W); rng is a NumPy random generator; every image draws its own change, and X itself stays as it was.
"""

import numpy as np

__all__ = ["random_contrast", "random_crop", "random_flip"]


def random_flip(X, rng, p=0.5):
    """Mirror each image left to right (along W) with probability p, independently of the others.

    X: (N, C, H, W), rng: a numpy.random.Generator. Returns a new array of X's shape and dtype.
    """
    flipped = rng.random(len(X)) < p
    return np.where(flipped[:, None, None, None], X[:, :, :, ::-1], X)


def random_crop(X, rng, pad):
    """Shift each image by up to `pad` pixels: pad it with zeros on all four sides, then cut a window of the old size.

    X: (N, C, H, W), rng: a numpy.random.Generator, pad: pixels, an integer >= 0. Every image draws a place of its own;
    all (2 * pad + 1) ** 2 places are equally likely. Returns a new array of X's shape and dtype.
    """
    N, C, H, W = X.shape
    padded = np.pad(X, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.empty_like(X)
    for i in range(N):
        top, left = rng.integers(0, 2 * pad + 1, size=2)
        out[i] = padded[i, :, top : top + H, left : left + W]
    return out


def random_contrast(X, rng, low, high):
    """Stretch each image about its own mean: out = mean + c * (X - mean), with c drawn uniformly from low to high.

    X: (N, C, H, W), rng: a numpy.random.Generator. Every image draws one c; its mean is that over all its channels and
    pixels, and is the same afterwards. Nothing is clipped. Returns a new array of X's shape and dtype.
    """
    c = rng.uniform(low, high, size=(len(X), 1, 1, 1)).astype(X.dtype)
    mean = np.mean(X, axis=(1, 2, 3), keepdims=True)
    return mean + c * (X - mean)

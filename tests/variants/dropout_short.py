"""The shortest forms: the mask is the cache in both modes; augmentation image by image, with library functions."""

import numpy as np

MODES = ["test", "train"]
rng_of = lambda param: np.random.RandomState(param.get("seed"))  # noqa: E731


def dropout_forward(x, dropout_param):
    p = (1.0, dropout_param["p"])[MODES.index(dropout_param["mode"])]  # index raises ValueError
    mask = rng_of(dropout_param).choice([0, 1 / p], size=x.shape, p=[1 - p, p]).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache


def plain_dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    kept = rng_of(dropout_param).rand(*x.shape) > 1 - p
    return ((x * p, p), (np.where(kept, x, 0), kept))[MODES.index(dropout_param["mode"])]


def plain_dropout_backward(dout, cache):
    return cache * dout


class FullyConnectedNet:
    def drop_forward(self, x, mode):
        if mode == "test":
            return x, np.ones_like(x)
        return dropout_forward(
            x, {"p": self.dropout_param["p"], "mode": "train", "seed": self.dropout_param.get("seed")}
        )

    def drop_backward(self, dout, cache):
        return cache * dout


def random_flip(X, rng, p=0.5):
    return np.stack(
        [np.fliplr(image.transpose(1, 2, 0)).transpose(2, 0, 1) if rng.random() < p else image for image in X]
    )


def random_crop(X, rng, pad):
    def shift(image):
        dy, dx = rng.integers(-pad, pad + 1, 2)
        out = np.zeros_like(image)
        H, W = image.shape[1:]
        target = out[:, max(dy, 0) : H + min(dy, 0), max(dx, 0) : W + min(dx, 0)]
        target[:] = image[:, max(-dy, 0) : H + min(-dy, 0), max(-dx, 0) : W + min(-dx, 0)]
        return out

    return np.stack([shift(image) for image in X])


def random_contrast(X, rng, low, high):
    c = rng.uniform(low, high, len(X)).astype(X.dtype).reshape(-1, 1, 1, 1)
    mean = X.reshape(len(X), -1).mean(1).reshape(-1, 1, 1, 1)
    return c * X + (1 - c) * mean

"""The shortest forms: the mask is the cache in both modes; augmentation image by image, with library functions."""

import numpy as np

rng_of = lambda param: np.random.RandomState(param.get("seed"))  # noqa: E731


def dropout_forward(x, dropout_param):
    p = dropout_param["p"] if dropout_param["mode"] == "train" else 1.0
    mask = rng_of(dropout_param).choice([0, 1 / p], size=x.shape, p=[1 - p, p]).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache


def plain_dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    kept = rng_of(dropout_param).rand(*x.shape) > 1 - p
    return (np.where(kept, x, 0), kept) if dropout_param["mode"] == "train" else (x * p, p)


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

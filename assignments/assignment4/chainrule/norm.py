"""Normalisation layers: each gives a group of activations mean 0 and variance 1, then scales and shifts them.

`batchnorm_forward` shares its statistics over the batch, `layernorm_forward` over the features of one example,
`spatial_batchnorm_forward` over batch and places of one channel, `spatial_groupnorm_forward` over the channels of one
group and the places of one image. Each has a `_backward`; `batchnorm_backward_alt` is the first one in one formula.
"""

import numpy as np

__all__ = [
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "layernorm_backward",
    "layernorm_forward",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
]


def batchnorm_forward(x, gamma, beta, bn_param):
    """Batch normalisation (Ioffe and Szegedy, 2015): out = gamma * x_hat + beta.

    x: (N, D), gamma, beta: (D,). bn_param: dict with the keys mode, "train" or "test"; eps (1e-5 if not given);
    momentum (0.9); running_mean and running_var, (D,) each (zeros).
    train: x_hat = (x - mean) / sqrt(var + eps), with mean and variance of each feature over the batch (variance divided
    by N). Then bn_param["running_mean"] becomes momentum * running_mean + (1 - momentum) * mean, and
    bn_param["running_var"] likewise.
    test: the same formula with running_mean and running_var, which stay as they are.
    Returns (out, cache). Any other mode raises ValueError.
    """
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    if mode == "train":
        mean, var = np.mean(x, axis=0), np.var(x, axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(f"mode: expected 'train' or 'test', got {mode!r}")
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x, mean, std, gamma)


def batchnorm_backward(dout, cache):
    """Gradients of `batchnorm_forward` in train mode, by walking back through its computation graph.

    dout: (N, D), cache: from the forward pass. Mean and variance depend on x, too.
    Returns (dx, dgamma, dbeta) of shapes (N, D), (D,), (D,).
    """
    x, mean, std, gamma = cache
    N = x.shape[0]
    centred = x - mean
    x_hat = centred / std
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    dstd = -np.sum(dx_hat * centred, axis=0) / std**2
    dvar = dstd / (2 * std)
    dcentred = dx_hat / std + dvar * 2 * centred / N
    dmean = -np.sum(dcentred, axis=0)
    dx = dcentred + dmean / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    """Gradients of `batchnorm_forward` in train mode, by the simplified formula.

    dx = gamma / (N * std) * (N * dout - dbeta - x_hat * dgamma), with std = sqrt(var + eps).
    Inputs and outputs as in `batchnorm_backward`.
    """
    x, mean, std, gamma = cache
    N = x.shape[0]
    x_hat = (x - mean) / std
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx = gamma / (N * std) * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    """Layer normalisation (Ba, Kiros and Hinton, 2016): out = gamma * x_hat + beta.

    x: (N, D), gamma, beta: (D,). ln_param: dict that may hold eps (1e-5 if not given).
    x_hat = (x - mean) / sqrt(var + eps), with mean and variance of each row of x over its D features (variance divided
    by D). Training and test are the same. Returns (out, cache).
    """
    eps = ln_param.get("eps", 1e-5)
    mean, var = np.mean(x, axis=1, keepdims=True), np.var(x, axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x, mean, std, gamma)


def layernorm_backward(dout, cache):
    """Gradients of `layernorm_forward`. dout: (N, D), cache: from the forward pass.

    Returns (dx, dgamma, dbeta) of shapes (N, D), (D,), (D,).
    """
    x, mean, std, gamma = cache
    D = x.shape[1]
    x_hat = (x - mean) / std
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    total = np.sum(dx_hat, axis=1, keepdims=True)
    along = np.sum(dx_hat * x_hat, axis=1, keepdims=True)
    dx = (D * dx_hat - total - x_hat * along) / (D * std)
    return dx, dgamma, dbeta


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """Batch normalisation of images: every channel is one feature, every place of every image one example.

    x: (N, C, H, W), gamma, beta: (C,). bn_param: as in `batchnorm_forward`; running_mean and running_var are (C,).
    Returns (out, cache), out of x's shape.
    """
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache


def spatial_batchnorm_backward(dout, cache):
    """Gradients of `spatial_batchnorm_forward` in train mode. dout: (N, C, H, W), cache: from the forward pass.

    Returns (dx, dgamma, dbeta) of shapes (N, C, H, W), (C,), (C,).
    """
    N, C, H, W = dout.shape
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward(rows, cache)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """Group normalisation (Wu and He, 2018): out = gamma * x_hat + beta.

    x: (N, C, H, W), gamma, beta: (1, C, 1, 1), G: number of groups, a divisor of C. gn_param: dict that may hold eps
    (1e-5 if not given). The channels of an image are cut into G groups of C/G neighbours. x_hat = (x - mean) /
    sqrt(var + eps), with mean and variance over all entries of one group of one image (variance divided by their
    number). Training and test are the same. Returns (out, cache), out of x's shape.
    """
    eps = gn_param.get("eps", 1e-5)
    groups = x.reshape(x.shape[0], G, -1)
    mean, var = np.mean(groups, axis=2, keepdims=True), np.var(groups, axis=2, keepdims=True)
    std = np.sqrt(var + eps)
    x_hat = ((groups - mean) / std).reshape(x.shape)
    return gamma * x_hat + beta, (x_hat, std, gamma, G)


def spatial_groupnorm_backward(dout, cache):
    """Gradients of `spatial_groupnorm_forward`. dout: (N, C, H, W), cache: from the forward pass.

    Returns (dx, dgamma, dbeta) of shapes (N, C, H, W), (1, C, 1, 1), (1, C, 1, 1).
    """
    x_hat, std, gamma, G = cache
    N = dout.shape[0]
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    dgamma = np.sum(dout * x_hat, axis=(0, 2, 3), keepdims=True)
    dx_hat, x_hat = (dout * gamma).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    size = x_hat.shape[2]
    total = np.sum(dx_hat, axis=2, keepdims=True)
    along = np.sum(dx_hat * x_hat, axis=2, keepdims=True)
    dx = (size * dx_hat - total - x_hat * along) / (size * std)
    return dx.reshape(dout.shape), dgamma, dbeta

"""Normalisation in the style of Stanford CS231n: every step of the graph has a name and its gradient."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    out, cache = None, None
    if mode == "train":
        mu = x.sum(axis=0) / N
        xc = x - mu
        sq = xc**2
        var = sq.sum(axis=0) / N
        std = (var + eps) ** 0.5
        istd = 1.0 / std
        xn = xc * istd
        out = xn * gamma + beta
        cache = xc, istd, std, xn, gamma
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        xn = (x - running_mean) / np.sqrt(running_var + eps)
        out = xn * gamma + beta
    else:
        raise ValueError(f"Invalid forward batchnorm mode {mode}")

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    xc, istd, std, xn, gamma = cache
    N, D = dout.shape
    dbeta = dout.sum(axis=0)
    dgamma = (xn * dout).sum(axis=0)
    dxn = gamma * dout
    dxc = dxn * istd
    distd = (dxn * xc).sum(axis=0)
    dstd = -distd / std**2
    dvar = 0.5 * dstd / std
    dsq = np.ones((N, D), dtype=dout.dtype) * dvar / N
    dxc += 2 * xc * dsq
    dx1 = dxc
    dmu = -dxc.sum(axis=0)
    dx2 = np.ones((N, D), dtype=dout.dtype) * dmu / N
    return dx1 + dx2, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    xc, istd, std, xn, gamma = cache
    dgamma, dbeta = np.sum(dout * xn, axis=0), np.sum(dout, axis=0)
    g = dout * gamma
    dx = istd * (g - g.mean(axis=0) - xn * (g * xn).mean(axis=0))
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    xT = x.T
    mu = np.mean(xT, axis=0)
    var = np.var(xT, axis=0)
    std = np.sqrt(var + eps)
    xn = ((xT - mu) / std).T
    return xn * gamma + beta, {"xn": xn, "std": std, "gamma": gamma}


def layernorm_backward(dout, cache):
    xn, std, gamma = cache["xn"], cache["std"], cache["gamma"]
    dgamma = (dout * xn).sum(axis=0)
    dbeta = dout.sum(axis=0)
    g, xnT = (dout * gamma).T, xn.T
    D = g.shape[0]
    dxT = (g - g.sum(axis=0) / D - xnT * (g * xnT).sum(axis=0) / D) / std
    return dxT.T, dgamma, dbeta


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    flat = np.reshape(np.transpose(x, (0, 3, 2, 1)), (N * H * W, C))
    out, cache = batchnorm_forward(flat, gamma, beta, bn_param)
    return np.transpose(np.reshape(out, (N, W, H, C)), (0, 3, 2, 1)), cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    flat = np.reshape(np.transpose(dout, (0, 3, 2, 1)), (N * H * W, C))
    dx, dgamma, dbeta = batchnorm_backward_alt(flat, cache)
    return np.transpose(np.reshape(dx, (N, W, H, C)), (0, 3, 2, 1)), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    groups = x.reshape((N * G, C // G * H * W)).T
    mu = groups.mean(axis=0)
    std = np.sqrt(groups.var(axis=0) + eps)
    xn = (groups - mu) / std
    out = xn.T.reshape(N, C, H, W) * gamma + beta
    return out, (G, std, xn, gamma)


def spatial_groupnorm_backward(dout, cache):
    G, std, xn, gamma = cache
    N, C, H, W = dout.shape
    xn4 = xn.T.reshape(N, C, H, W)
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * xn4).sum(axis=(0, 2, 3), keepdims=True)
    g = (dout * gamma).reshape(N * G, -1).T
    dx = (g - g.mean(axis=0) - xn * (g * xn).mean(axis=0)) / std
    return dx.T.reshape(N, C, H, W), dgamma, dbeta


class FullyConnectedNet:
    def norm_forward(self, x, k, mode):
        if self.normalization == "batchnorm":
            self.bn_params[k - 1]["mode"] = mode
            gamma, beta = self.params["gamma" + str(k)], self.params["beta" + str(k)]
            return batchnorm_forward(x, gamma, beta, self.bn_params[k - 1])
        elif self.normalization == "layernorm":
            gamma, beta = self.params["gamma" + str(k)], self.params["beta" + str(k)]
            return layernorm_forward(x, gamma, beta, {})
        return x, None

    def norm_backward(self, dout, cache, k):
        grads = {}
        dx = dout
        if self.normalization == "batchnorm":
            dx, grads["gamma" + str(k)], grads["beta" + str(k)] = batchnorm_backward_alt(dout, cache)
        elif self.normalization == "layernorm":
            dx, grads["gamma" + str(k)], grads["beta" + str(k)] = layernorm_backward(dout, cache)
        return dx, grads

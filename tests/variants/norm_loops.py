"""Normalisation by loops over features, rows, channels and groups; the backward passes by the matrix of derivatives."""

import numpy as np


def standardized(v, eps):
    """A vector with mean 0 and variance 1, and what the backward pass needs."""
    std = np.sqrt(v.var() + eps)
    return (v - v.mean()) / std, std


def jacobian(v_hat, std):
    """d v_hat_i / d v_j = (delta_ij - 1/n - v_hat_i v_hat_j / n) / std."""
    n = v_hat.size
    return ((np.eye(n) - (1 + np.outer(v_hat, v_hat)) / n) / std).astype(v_hat.dtype)


def batchnorm_forward(x, gamma, beta, bn_param):
    if bn_param["mode"] != "train" and bn_param["mode"] != "test":
        raise ValueError("unknown mode")
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    D = x.shape[1]
    mean, var = (np.array(bn_param.get(k, np.zeros(D)), x.dtype) for k in ("running_mean", "running_var"))
    out, x_hat, std = np.empty_like(x), np.empty_like(x), np.empty(D, x.dtype)
    for j in range(D):
        if bn_param["mode"] == "train":
            x_hat[:, j], std[j] = standardized(x[:, j], eps)
            mean[j] = momentum * mean[j] + (1 - momentum) * x[:, j].mean()
            var[j] = momentum * var[j] + (1 - momentum) * x[:, j].var()
        else:
            x_hat[:, j] = (x[:, j] - mean[j]) / np.sqrt(var[j] + eps)
        out[:, j] = gamma[j] * x_hat[:, j] + beta[j]
    bn_param.update(running_mean=mean, running_var=var)
    return out, [x_hat, std, gamma]


def batchnorm_backward(dout, cache):
    x_hat, std, gamma = cache
    dx, dgamma, dbeta = np.empty_like(dout), np.empty_like(gamma), np.empty_like(gamma)
    for j in range(dout.shape[1]):
        dx[:, j] = gamma[j] * jacobian(x_hat[:, j], std[j]).T @ dout[:, j]
        dgamma[j], dbeta[j] = dout[:, j] @ x_hat[:, j], dout[:, j].sum()
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x_hat, std, gamma = cache
    N = len(dout)
    dgamma, dbeta = sum(dout[i] * x_hat[i] for i in range(N)), sum(dout[i] for i in range(N))
    return np.array([gamma / std * (dout[i] - dbeta / N - x_hat[i] * dgamma / N) for i in range(N)]), dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    pairs = [standardized(row, ln_param.get("eps", 1e-5)) for row in x]
    return np.array([gamma * row + beta for row, _ in pairs]), (pairs, gamma)


def layernorm_backward(dout, cache):
    pairs, gamma = cache
    dx = np.array([jacobian(*pair).T @ (gamma * row) for pair, row in zip(pairs, dout, strict=True)])
    x_hat = np.array([row for row, _ in pairs])
    return dx, np.diag(dout.T @ x_hat), np.ones(len(dout)) @ dout


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    rows = np.stack([x[:, c].ravel() for c in range(x.shape[1])], axis=1)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return np.stack([out[:, c].reshape(x[:, c].shape) for c in range(x.shape[1])], axis=1), cache


def spatial_batchnorm_backward(dout, cache):
    rows = np.stack([dout[:, c].ravel() for c in range(dout.shape[1])], axis=1)
    dx, dgamma, dbeta = batchnorm_backward(rows, cache)
    return np.stack([dx[:, c].reshape(dout[:, c].shape) for c in range(dout.shape[1])], axis=1), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    x_hat, stds, size = np.empty_like(x), {}, x.shape[1] // G
    for n in range(len(x)):
        for g in range(G):
            group = slice(g * size, (g + 1) * size)
            flat, stds[n, g] = standardized(x[n, group].ravel(), gn_param.get("eps", 1e-5))
            x_hat[n, group] = flat.reshape(size, *x.shape[2:])
    return gamma * x_hat + beta, (x_hat, stds, gamma, G)


def spatial_groupnorm_backward(dout, cache):
    x_hat, stds, gamma, G = cache
    dx, size = np.empty_like(dout), dout.shape[1] // G
    for (n, g), std in stds.items():
        group = slice(g * size, (g + 1) * size)
        d = (gamma[0, group] * dout[n, group]).ravel()
        dx[n, group] = (jacobian(x_hat[n, group].ravel(), std).T @ d).reshape(dx[n, group].shape)
    dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(gamma)
    for c in range(dout.shape[1]):
        dgamma[0, c, 0, 0], dbeta[0, c, 0, 0] = np.sum(dout[:, c] * x_hat[:, c]), np.sum(dout[:, c])
    return dx, dgamma, dbeta


class FullyConnectedNet:
    def norm_forward(self, x, k, mode):
        if self.normalization is None:
            return x.copy(), ()
        of_layer = self.bn_params[k - 1]
        of_layer["mode"] = mode
        forward = {"batchnorm": batchnorm_forward, "layernorm": layernorm_forward}[self.normalization]
        out, cache = forward(x, self.params[f"gamma{k}"], self.params[f"beta{k}"], of_layer)
        return out, (self.normalization, cache)

    def norm_backward(self, dout, cache, k):
        if not cache:
            return dout, {}
        kind, inner = cache
        dx, dgamma, dbeta = (batchnorm_backward if kind == "batchnorm" else layernorm_backward)(dout, inner)
        return dx, {f"beta{k}": dbeta, f"gamma{k}": dgamma}

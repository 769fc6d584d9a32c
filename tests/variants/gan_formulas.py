"""A GAN from the formulas alone: no layers of the course, matrix products by hand, einsum for the transposed one."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def log_sigmoid(x):
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def discriminator_loss(logits_real, logits_fake):
    loss = -log_sigmoid(logits_real).mean() - log_sigmoid(-logits_fake).mean()
    return loss, (sigmoid(logits_real) - 1) / logits_real.size, sigmoid(logits_fake) / logits_fake.size


def minimax_generator_loss(logits_fake):
    return log_sigmoid(-logits_fake).mean(), -sigmoid(logits_fake) / logits_fake.size


def generator_loss(logits_fake):
    return -log_sigmoid(logits_fake).mean(), (sigmoid(logits_fake) - 1) / logits_fake.size


def ls_discriminator_loss(scores_real, scores_fake):
    real, fake = scores_real - 1, scores_fake
    loss = (np.average(np.square(real)) + np.average(np.square(fake))) / 2
    return loss, real / real.size, fake / fake.size


def ls_generator_loss(scores_fake):
    return np.average(np.square(1 - scores_fake)) / 2, -(1 - scores_fake) / scores_fake.size


def sample_noise(batch_size, dim, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    return np.stack([rng.uniform(low=-1, high=1, size=dim) for _ in range(batch_size)])


def adam_update(net, grads):
    from chainrule.optim import adam

    configs = {name: net.configs.get(name) or dict(learning_rate=1e-3, beta1=0.5) for name in net.params}
    stepped = {name: adam(net.params[name], grads[name], configs[name]) for name in net.params}
    net.params.update({name: w for name, (w, _) in stepped.items()})
    net.configs.update({name: config for name, (_, config) in stepped.items()})


def gan_step(generator, discriminator, X, noise, losses, update):
    """The real images go first, forward and backward; then the generated ones."""
    logits, cache = discriminator.forward(X)
    fake_logits, fake_cache = discriminator.forward(generator.forward(noise(len(X)))[0])
    d_loss, dlogits, dfake = losses[0](logits, fake_logits)
    grads = discriminator.backward(dfake, fake_cache)[1]
    for name, grad in discriminator.backward(dlogits, cache)[1].items():
        grads[name] = grads[name] + grad
    update(discriminator, grads)
    fake, cache = generator.forward(noise(len(X)))
    logits, d_cache = discriminator.forward(fake)
    g_loss, dlogits = losses[1](logits)
    update(generator, generator.backward(discriminator.backward(dlogits, d_cache)[0], cache)[1])
    return d_loss, g_loss


def conv_transpose_forward(x, w, b, stride, pad):
    """Each output pixel gathers: rows of a matrix T[i, u] -> output row, as sums over one-hot tables."""
    H, W, HH, WW = *x.shape[2:], *w.shape[2:]

    def table(size, kernel):
        out = (size - 1) * stride + kernel - 2 * pad
        place = np.arange(size)[:, None] * stride + np.arange(kernel) - pad
        return (place[:, :, None] == np.arange(out)).astype(x.dtype)

    tables = table(H, HH), table(W, WW)
    mixed = np.einsum("ncij,cfuv->nfijuv", x, w)
    out = np.einsum("nfkjv,jvl->nfkl", np.einsum("nfijuv,iuk->nfkjv", mixed, tables[0]), tables[1])
    return out + b.reshape(1, -1, 1, 1), (x, w, stride, pad)


def conv_transpose_backward(dout, cache):
    x, w, stride, pad = cache
    padded = np.pad(dout, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    dx = np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
    dw = np.tensordot(x, windows, axes=((0, 2, 3), (0, 2, 3)))
    return dx, dw, dout.sum((0, 2, 3))


class Generator:
    def forward(self, z):
        p = self.params
        h1 = np.maximum(z @ p["W1"] + p["b1"], 0)
        h2 = np.maximum(h1 @ p["W2"] + p["b2"], 0)
        out = np.tanh(h2 @ p["W3"] + p["b3"])
        return out, (z, h1, h2, out)

    def backward(self, dout, cache):
        z, h1, h2, out = cache
        p = self.params
        d3 = dout * (1 - out**2)
        d2 = d3 @ p["W3"].T * (h2 > 0)
        d1 = d2 @ p["W2"].T * (h1 > 0)
        grads = {"W1": z.T @ d1, "W2": h1.T @ d2, "W3": h2.T @ d3}
        return d1 @ p["W1"].T, grads | {"b1": d1.sum(0), "b2": d2.sum(0), "b3": d3.sum(0)}


def leaky(x):
    return np.maximum(0.01 * x, x)


def slope(h):
    return np.where(h > 0, 1, 0.01).astype(h.dtype)


class Discriminator:
    def forward(self, x):
        p = self.params
        h1 = leaky(x @ p["W1"] + p["b1"])
        h2 = leaky(h1 @ p["W2"] + p["b2"])
        return h2 @ p["W3"][:, 0] + p["b3"][0], (x, h1, h2)

    def backward(self, dlogits, cache):
        x, h1, h2 = cache
        p = self.params
        d2 = np.outer(dlogits, p["W3"]) * slope(h2)
        d1 = d2 @ p["W2"].T * slope(h1)
        grads = {"W1": x.T @ d1, "W2": h1.T @ d2, "W3": (dlogits @ h2)[:, None]}
        return d1 @ p["W1"].T, grads | {"b1": d1.sum(0), "b2": d2.sum(0), "b3": dlogits.sum(keepdims=True)}


class ConvGenerator:
    def forward(self, z):
        p = self.params
        h1 = np.maximum(z @ p["W1"] + p["b1"], 0).reshape(len(z), -1, 2, 2)
        a2, conv2 = conv_transpose_forward(h1, p["W2"], p["b2"], 2, 1)
        h2 = np.maximum(a2, 0)
        a3, conv3 = conv_transpose_forward(h2, p["W3"], p["b3"], 2, 1)
        return np.tanh(a3), (z, h1, conv2, h2, conv3, np.tanh(a3))

    def backward(self, dout, cache):
        z, h1, conv2, h2, conv3, out = cache
        grads = {}
        dh2, grads["W3"], grads["b3"] = conv_transpose_backward(dout * (1 - out**2), conv3)
        dh1, grads["W2"], grads["b2"] = conv_transpose_backward(dh2 * (h2 > 0), conv2)
        d1 = (dh1 * (h1 > 0)).reshape(len(z), -1)
        grads["W1"], grads["b1"] = z.T @ d1, d1.sum(0)
        return d1 @ self.params["W1"].T, grads


def windows(x):
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    return sliding_window_view(padded, (4, 4), axis=(2, 3))[:, :, ::2, ::2]


class ConvDiscriminator:
    """Backward, the convolution is a transposed one."""

    def forward(self, x):
        p = self.params
        seen1 = windows(x)
        h1 = leaky(np.einsum("ncijuv,fcuv->nfij", seen1, p["W1"]) + p["b1"][:, None, None])
        seen2 = windows(h1)
        h2 = leaky(np.einsum("ncijuv,fcuv->nfij", seen2, p["W2"]) + p["b2"][:, None, None])
        return h2.reshape(len(x), -1) @ p["W3"][:, 0] + p["b3"], (seen1, h1, seen2, h2)

    def backward(self, dlogits, cache):
        seen1, h1, seen2, h2 = cache
        p, zero = self.params, np.zeros(1, h1.dtype)
        d2 = np.outer(dlogits, p["W3"]).reshape(h2.shape) * slope(h2)
        d1 = conv_transpose_forward(d2, p["W2"], zero, 2, 1)[0] * slope(h1)
        dx = conv_transpose_forward(d1, p["W1"], zero, 2, 1)[0]
        dW3 = h2.reshape(len(h2), -1).T @ dlogits[:, None]
        dW2, dW1 = (np.einsum("nfij,ncijuv->fcuv", d, seen) for d, seen in ((d2, seen2), (d1, seen1)))
        biases = {"b1": d1.sum((0, 2, 3)), "b2": d2.sum((0, 2, 3)), "b3": dlogits.sum(keepdims=True)}
        return dx, {"W1": dW1, "W2": dW2, "W3": dW3} | biases

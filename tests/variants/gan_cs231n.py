"""A GAN in the style of Stanford CS231n: a stable binary cross-entropy for all losses, layers in loops."""

import numpy as np

from chainrule.activations import leaky_relu_backward, leaky_relu_forward
from chainrule.conv import conv_backward_fast, conv_forward_fast
from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward


def bce_loss(logits, target):
    """Mean of max(x, 0) - x * target + log(1 + exp(-|x|)), and its gradient."""
    negative = np.exp(-np.abs(logits))
    loss = np.mean(np.maximum(logits, 0) - logits * target + np.log1p(negative))
    sigmoid = np.where(logits > 0, 1 / (1 + negative), negative / (1 + negative))
    return loss, (sigmoid - target) / logits.size


def discriminator_loss(logits_real, logits_fake):
    loss_real, dreal = bce_loss(logits_real, 1)
    loss_fake, dfake = bce_loss(logits_fake, 0)
    return loss_real + loss_fake, dreal, dfake


def minimax_generator_loss(logits_fake):
    loss, dlogits = bce_loss(logits_fake, 0)
    return -loss, -dlogits


def generator_loss(logits_fake):
    return bce_loss(logits_fake, 1)


def ls_discriminator_loss(scores_real, scores_fake):
    N, M = scores_real.shape[0], scores_fake.shape[0]
    loss = ((scores_real - 1) ** 2).sum() / (2 * N) + (scores_fake**2).sum() / (2 * M)
    return loss, (scores_real - 1) / N, scores_fake / M


def ls_generator_loss(scores_fake):
    N = scores_fake.shape[0]
    diff = scores_fake - 1
    return 0.5 / N * diff.dot(diff), diff / N


def sample_noise(batch_size, dim, rng=None):
    if rng is None:
        return 2 * np.random.rand(batch_size, dim) - 1
    return 2 * rng.random((batch_size, dim)) - 1


def adam_update(net, grads):
    for p in net.params:
        config = net.configs.setdefault(p, {"m": np.zeros_like(grads[p]), "v": np.zeros_like(grads[p]), "t": 0})
        config["t"] += 1
        config["m"] = 0.5 * config["m"] + 0.5 * grads[p]
        config["v"] = 0.999 * config["v"] + 0.001 * grads[p] ** 2
        mt = config["m"] / (1 - 0.5 ** config["t"])
        vt = config["v"] / (1 - 0.999 ** config["t"])
        net.params[p] = net.params[p] - 1e-3 * mt / (np.sqrt(vt) + 1e-8)


def gan_step(generator, discriminator, X, noise, losses, update):
    """Real and generated images go through the discriminator as one batch."""
    N = X.shape[0]
    images, _ = generator.forward(noise(N))
    logits, cache = discriminator.forward(np.concatenate([X, images]))
    d_loss, dreal, dfake = losses[0](logits[:N], logits[N:])
    _, grads = discriminator.backward(np.concatenate([dreal, dfake]), cache)
    update(discriminator, grads)

    images, g_cache = generator.forward(noise(N))
    logits, d_cache = discriminator.forward(images)
    g_loss, dlogits = losses[1](logits)
    dimages, _ = discriminator.backward(dlogits, d_cache)
    _, grads = generator.backward(dimages, g_cache)
    update(generator, grads)
    return d_loss, g_loss


def conv_transpose_forward(x, w, b, stride, pad):
    """Zeros between the pixels, a frame around them, then a convolution with turned filters."""
    N, C, H, W = x.shape
    HH, WW = w.shape[2:]
    spread = np.zeros((N, C, (H - 1) * stride + 1, (W - 1) * stride + 1), dtype=x.dtype)
    spread[:, :, ::stride, ::stride] = x
    framed = np.pad(spread, ((0, 0), (0, 0), (HH - 1, HH - 1), (WW - 1, WW - 1)))
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    out, _ = conv_forward_fast(framed, turned, b, {"stride": 1, "pad": 0})
    if pad > 0:
        out = out[:, :, pad:-pad, pad:-pad]
    return out, (x, w, b, stride, pad)


def conv_transpose_backward(dout, cache):
    x, w, b, stride, pad = cache
    N, C, H, W = x.shape
    C, F, HH, WW = w.shape
    padded = np.pad(dout, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for u in range(HH):
        for v in range(WW):
            seen = padded[:, :, u : u + stride * H : stride, v : v + stride * W : stride]
            dx += np.einsum("nfij,cf->ncij", seen, w[:, :, u, v])
            dw[:, :, u, v] = np.einsum("nfij,ncij->cf", seen, x)
    return dx, dw, dout.sum(axis=(0, 2, 3))


class Generator:
    def forward(self, z):
        hidden, caches = z, []
        for k in (1, 2):
            hidden, affine = affine_forward(hidden, self.params[f"W{k}"], self.params[f"b{k}"])
            hidden, relu = relu_forward(hidden)
            caches.append((affine, relu))
        scores, last = affine_forward(hidden, self.params["W3"], self.params["b3"])
        out = np.tanh(scores)
        return out, (caches, last, out)

    def backward(self, dout, cache):
        caches, last, out = cache
        grads = {}
        dhidden, grads["W3"], grads["b3"] = affine_backward(dout * (1 - out * out), last)
        for k in (2, 1):
            affine, relu = caches[k - 1]
            dhidden, grads[f"W{k}"], grads[f"b{k}"] = affine_backward(relu_backward(dhidden, relu), affine)
        return dhidden, grads


class Discriminator:
    def forward(self, x):
        caches = []
        for k in (1, 2):
            x, affine = affine_forward(x, self.params[f"W{k}"], self.params[f"b{k}"])
            x, leaky = leaky_relu_forward(x)
            caches.append((affine, leaky))
        out, last = affine_forward(x, self.params["W3"], self.params["b3"])
        return out.squeeze(axis=1), (caches, last)

    def backward(self, dlogits, cache):
        caches, last = cache
        grads = {}
        dx, grads["W3"], grads["b3"] = affine_backward(dlogits.reshape(-1, 1), last)
        for k in (2, 1):
            affine, leaky = caches[k - 1]
            dx, grads[f"W{k}"], grads[f"b{k}"] = affine_backward(leaky_relu_backward(dx, leaky), affine)
        return dx, grads


class ConvGenerator:
    def forward(self, z):
        p = self.params
        h1, affine = affine_forward(z, p["W1"], p["b1"])
        h1, relu1 = relu_forward(h1.reshape(z.shape[0], p["W2"].shape[0], 2, 2))
        h2, conv2 = conv_transpose_forward(h1, p["W2"], p["b2"], stride=2, pad=1)
        h2, relu2 = relu_forward(h2)
        scores, conv3 = conv_transpose_forward(h2, p["W3"], p["b3"], stride=2, pad=1)
        out = np.tanh(scores)
        return out, (affine, relu1, conv2, relu2, conv3, out)

    def backward(self, dout, cache):
        affine, relu1, conv2, relu2, conv3, out = cache
        dh2, dW3, db3 = conv_transpose_backward((1 - out**2) * dout, conv3)
        dh1, dW2, db2 = conv_transpose_backward(relu_backward(dh2, relu2), conv2)
        dh1 = relu_backward(dh1, relu1).reshape(dout.shape[0], -1)
        dz, dW1, db1 = affine_backward(dh1, affine)
        return dz, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


class ConvDiscriminator:
    conv_param = {"stride": 2, "pad": 1}

    def forward(self, x):
        caches = []
        for k in (1, 2):
            x, conv = conv_forward_fast(x, self.params[f"W{k}"], self.params[f"b{k}"], self.conv_param)
            x, leaky = leaky_relu_forward(x)
            caches += [conv, leaky]
        out, last = affine_forward(x, self.params["W3"], self.params["b3"])
        return out.ravel(), (*caches, last)

    def backward(self, dlogits, cache):
        conv1, leaky1, conv2, leaky2, last = cache
        dx, dW3, db3 = affine_backward(dlogits[:, np.newaxis], last)
        dx, dW2, db2 = conv_backward_fast(leaky_relu_backward(dx, leaky2), conv2)
        dx, dW1, db1 = conv_backward_fast(leaky_relu_backward(dx, leaky1), conv1)
        return dx, dict(W1=dW1, b1=db1, W2=dW2, b2=db2, W3=dW3, b3=db3)

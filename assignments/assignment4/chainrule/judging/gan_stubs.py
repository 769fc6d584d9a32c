"""Stubs that let the training of a GAN be judged without the student's nets, losses and noise.

`LinearNet` is a net of one layer, `Noise` hands out prepared noise and counts its calls, `Descent` moves a net by plain
gradient descent and remembers which net it moved. `discriminator_loss` and `generator_loss` are simple and unlike.
"""

import numpy as np

__all__ = ["Descent", "LinearNet", "Noise", "discriminator_loss", "generator_loss"]


class LinearNet:
    """out = x W + b, or its one column as (N,) with column=True; holds params and configs as a net of the course."""

    def __init__(self, W, b, column=False):
        self.params, self.configs, self.column = {"W": W, "b": b}, {}, column

    def forward(self, x):
        out = x @ self.params["W"] + self.params["b"]
        return out[:, 0] if self.column else out, (x, self.params["W"])

    def backward(self, dout, cache):
        x, W = cache
        dout = dout[:, None] if self.column else dout
        return dout @ W.T, {"W": x.T @ dout, "b": np.sum(dout, axis=0)}


class Noise:
    """Called with N, gives the first N rows of the next of its arrays; begins again after the last."""

    def __init__(self, *arrays):
        self.arrays, self.calls = arrays, 0

    def __call__(self, N, *_):
        self.calls += 1
        return self.arrays[(self.calls - 1) % len(self.arrays)][:N].copy()


class Descent:
    """update(net, grads): every parameter moves by -rate times its gradient. moved lists the nets."""

    def __init__(self, rate):
        self.rate, self.moved = rate, []

    def __call__(self, net, grads):
        self.moved.append(net)
        net.params = {name: w - self.rate * grads[name] for name, w in net.params.items()}


def discriminator_loss(logits_real, logits_fake):
    loss = np.mean((logits_real - 2) ** 2) + np.mean((logits_fake + 1) ** 2)
    return loss, 2 * (logits_real - 2) / len(logits_real), 2 * (logits_fake + 1) / len(logits_fake)


def generator_loss(logits_fake):
    return np.mean((logits_fake - 3) ** 2), 2 * (logits_fake - 3) / len(logits_fake)

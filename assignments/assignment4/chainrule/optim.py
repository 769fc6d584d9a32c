"""Update rules that turn a gradient into a step, and schedules that make the steps smaller with time.

`sgd`, `sgd_momentum`, `nesterov_momentum`, `rmsprop` and `adam` take one step; `step_decay`, `exponential_decay`
and `cosine_decay` return the learning rate of an epoch, a Python float (a float64 of NumPy would turn float32 weights
into float64).

Every rule is called as `next_w, config = rule(w, dw, config)`: w the weights, dw the gradient of the loss at w, of
the same shape; config a dict of settings and of what the rule remembers from one step to the next. Keys that are
missing take their defaults, so the first call may be `rule(w, dw)`. The config that comes back belongs into the
next call for the same weights. w and dw are left as they were.
"""

import numpy as np

__all__ = [
    "adam",
    "cosine_decay",
    "exponential_decay",
    "nesterov_momentum",
    "rmsprop",
    "sgd",
    "sgd_momentum",
    "step_decay",
]


def sgd(w, dw, config=None):
    """Plain gradient descent, one step: next_w = w - learning_rate * dw. Returns (next_w, config).

    w, dw: arrays of one shape. config: {"learning_rate": 1e-2}, the number being the default.
    """
    defaults = {"learning_rate": 1e-2}
    config = defaults | (config or {})
    next_w = w - config["learning_rate"] * dw
    return next_w, config


def sgd_momentum(w, dw, config=None):
    """Gradient descent with momentum (Polyak, 1964), one step. Returns (next_w, config).

    v = momentum * velocity - learning_rate * dw
    next_w = w + v
    w, dw: arrays of one shape. config and its defaults: "learning_rate" 1e-2, "momentum" 0.9, "velocity" zeros of
    w's shape. The config returned holds v as "velocity".
    """
    defaults = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w)}
    config = defaults | (config or {})
    v = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    next_w = w + v
    return next_w, config | {"velocity": v}


def nesterov_momentum(w, dw, config=None):
    """Nesterov's momentum (Nesterov, 1983) in the form for a gradient at w, one step. Returns (next_w, config).

    w is the point ahead, at which dw was taken:
    v = momentum * velocity - learning_rate * dw
    next_w = w + v + momentum * (v - velocity), which is the point ahead of the next step.
    w, dw: arrays of one shape. config as in `sgd_momentum`: "learning_rate" 1e-2, "momentum" 0.9, "velocity" zeros.
    The config returned holds v as "velocity". (Bengio et al., 2013, write it so.)
    """
    defaults = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": np.zeros_like(w)}
    config = defaults | (config or {})
    momentum, velocity = config["momentum"], config["velocity"]
    v = momentum * velocity - config["learning_rate"] * dw
    next_w = w + v + momentum * (v - velocity)
    return next_w, config | {"velocity": v}


def rmsprop(w, dw, config=None):
    """RMSProp (Tieleman and Hinton, 2012), one step. Returns (next_w, config).

    c = decay_rate * cache + (1 - decay_rate) * dw^2
    next_w = w - learning_rate * dw / (sqrt(c) + epsilon)
    w, dw: arrays of one shape. config and its defaults: "learning_rate" 1e-2, "decay_rate" 0.99, "epsilon" 1e-8,
    "cache" zeros of w's shape. The config returned holds c as "cache".
    """
    defaults = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w)}
    config = defaults | (config or {})
    decay_rate = config["decay_rate"]
    c = decay_rate * config["cache"] + (1 - decay_rate) * dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(c) + config["epsilon"])
    return next_w, config | {"cache": c}


def adam(w, dw, config=None):
    """Adam (Kingma and Ba, 2015) with bias correction, one step. Returns (next_w, config).

    t = t + 1 first, so that the first step uses t = 1; then
    m = beta1 * m + (1 - beta1) * dw,    v = beta2 * v + (1 - beta2) * dw^2
    next_w = w - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
    w, dw: arrays of one shape. config and its defaults: "learning_rate" 1e-3, "beta1" 0.9, "beta2" 0.999,
    "epsilon" 1e-8, "m" and "v" zeros of w's shape, "t" 0. The config returned holds the new "m", "v" and "t".
    """
    defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    defaults |= {"m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0}
    config = defaults | (config or {})
    beta1, beta2 = config["beta1"], config["beta2"]
    t = config["t"] + 1
    m = beta1 * config["m"] + (1 - beta1) * dw
    v = beta2 * config["v"] + (1 - beta2) * dw**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return next_w, config | {"m": m, "v": v, "t": t}


def step_decay(learning_rate, epoch, drop=0.5, every=10):
    """The learning rate of an epoch when it is multiplied by `drop` after every `every` epochs.

    learning_rate: that of epoch 0. epoch: 0, 1, 2 ... With every=10, epochs 0 to 9 share one rate.
    Returns learning_rate * drop^k, with k the number of whole runs of `every` epochs that are over.
    """
    return learning_rate * drop ** (epoch // every)


def exponential_decay(learning_rate, epoch, rate=0.1):
    """The learning rate of an epoch when it decays as learning_rate * exp(-rate * epoch).

    learning_rate: that of epoch 0. epoch: 0, 1, 2 ... rate: how fast; after 1 / rate epochs a factor 1/e is left.
    """
    return float(learning_rate * np.exp(-rate * epoch))


def cosine_decay(learning_rate, epoch, num_epochs):
    """The learning rate of an epoch along half a cosine (Loshchilov and Hutter, 2017).

    learning_rate: that of epoch 0. epoch: 0, 1, ... num_epochs. At epoch num_epochs nothing is left; from there on
    it stays 0. In between: learning_rate * (1 + cos(pi * epoch / num_epochs)) / 2.
    """
    return float(learning_rate * (1 + np.cos(np.pi * min(epoch / num_epochs, 1))) / 2)

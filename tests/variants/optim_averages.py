"""Update rules as moving averages, old + (1 - decay) * (new - old), and the velocity as a sum of gradients."""

import math

import numpy as np


def sgd(w, dw, config=None):
    config = dict(config or ())
    return np.subtract(w, np.multiply(dw, config.get("learning_rate", 0.01))), config


def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 0.01, "momentum": 0.9, **(config or {})}
    rate = config["learning_rate"]
    total = dw if "velocity" not in config else dw - config["momentum"] * config["velocity"] / rate
    config["velocity"] = -rate * total
    return w - rate * total, config


def nesterov_momentum(w, dw, config=None):
    # Back to the point that is not ahead, one step of the textbook form, and ahead again.
    config = {"learning_rate": 0.01, "momentum": 0.9, "velocity": np.zeros_like(w), **(config or {})}
    behind = w - config["momentum"] * config["velocity"]
    v = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return behind + v + config["momentum"] * v, {**config, "velocity": v}


def _moved(old, new, decay):
    return old + (1 - decay) * (new - old)


def rmsprop(w, dw, config=None):
    config = {"learning_rate": 0.01, "decay_rate": 0.99, "epsilon": 1e-8, "cache": np.zeros_like(w), **(config or {})}
    config["cache"] = _moved(config["cache"], dw * dw, config["decay_rate"])
    return w - config["learning_rate"] / (np.sqrt(config["cache"]) + config["epsilon"]) * dw, config


def adam(w, dw, config=None):
    start = {"m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0}
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, **start, **(config or {})}
    t, beta1, beta2 = config["t"] + 1, config["beta1"], config["beta2"]
    m, v = _moved(config["m"], dw, beta1), _moved(config["v"], np.square(dw), beta2)
    # The corrections moved into the rate and into epsilon.
    root = math.sqrt(1 - beta2**t)
    rate = config["learning_rate"] * root / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + config["epsilon"] * root), config | {"m": m, "v": v, "t": t}


def step_decay(learning_rate, epoch, drop=0.5, every=10):
    return learning_rate * math.exp(math.log(drop) * ((epoch - epoch % every) / every))


def exponential_decay(learning_rate, epoch, rate=0.1):
    return learning_rate / math.exp(rate * epoch)


def cosine_decay(learning_rate, epoch, num_epochs):
    angle = math.pi if epoch > num_epochs else math.pi * epoch / num_epochs
    return learning_rate * (0.5 + 0.5 * math.cos(angle))

"""Update rules that renew their memory in place, and schedules that run through the epochs one by one."""

import numpy as np


def _filled(config, **defaults):
    config = {} if config is None else config
    for key, value in defaults.items():
        config.setdefault(key, value)
    return config


def sgd(w, dw, config=None):
    config = _filled(config, learning_rate=0.01)
    next_w = w.copy()
    next_w -= config["learning_rate"] * dw
    return next_w, config


def sgd_momentum(w, dw, config=None):
    config = _filled(config, learning_rate=0.01, momentum=0.9, velocity=w * 0)
    config["velocity"] *= config["momentum"]
    config["velocity"] -= config["learning_rate"] * dw
    return w + config["velocity"], config


def nesterov_momentum(w, dw, config=None):
    # The form with the gradient twice: the old velocity is not needed after it is renewed.
    config = _filled(config, learning_rate=0.01, momentum=0.9, velocity=w * 0)
    step = config["learning_rate"] * dw
    config["velocity"] *= config["momentum"]
    config["velocity"] -= step
    return w + config["momentum"] * config["velocity"] - step, config


def rmsprop(w, dw, config=None):
    config = _filled(config, learning_rate=0.01, decay_rate=0.99, epsilon=1e-8, cache=w * 0)
    config["cache"] *= config["decay_rate"]
    config["cache"] += (1 - config["decay_rate"]) * np.square(dw)
    next_w = w.copy()
    next_w -= config["learning_rate"] * dw / (config["cache"] ** 0.5 + config["epsilon"])
    return next_w, config


def adam(w, dw, config=None):
    config = _filled(config, learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, m=w * 0, v=w * 0, t=0)
    config["t"] = config["t"] + 1
    for key, beta, new in (("m", config["beta1"], dw), ("v", config["beta2"], dw**2)):
        config[key] *= beta
        config[key] += (1 - beta) * new
    m, v = (config[key] / (1 - config[beta] ** config["t"]) for key, beta in (("m", "beta1"), ("v", "beta2")))
    return w - config["learning_rate"] * m / (v**0.5 + config["epsilon"]), config


def step_decay(learning_rate, epoch, drop=0.5, every=10):
    for past in range(1, epoch + 1):
        if past % every == 0:
            learning_rate *= drop
    return learning_rate


def exponential_decay(learning_rate, epoch, rate=0.1):
    for _ in range(epoch):
        learning_rate *= np.exp(-rate)
    return learning_rate


def cosine_decay(learning_rate, epoch, num_epochs):
    return learning_rate * np.cos(np.pi / 2 * np.clip(epoch / num_epochs, 0, 1)) ** 2

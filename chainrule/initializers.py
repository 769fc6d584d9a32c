"""First weights: `initialize` and `draw_params` draw them, `activation_statistics` shows what they do to a signal."""

import numpy as np

__all__ = ["activation_statistics", "draw_params", "initialize"]


def initialize(kind, fan_in, fan_out, rng):
    """Return the first weights of a fully connected layer, an array (fan_in, fan_out).

    kind: "zeros": every weight is 0;
    "small", "xavier", "he": normal numbers of mean 0 whose standard deviation is
    0.01 for "small", sqrt(1 / fan_in) for "xavier", sqrt(2 / fan_in) for "he" (He et al., 2015).
    Any other kind raises ValueError. rng: a NumPy Generator; all random numbers come from it.

    "xavier" is the form used in practice; Glorot and Bengio (2010) have sqrt(2 / (fan_in + fan_out)), the same for
    fan_in = fan_out.
    """
    stds = {"zeros": 0.0, "small": 0.01, "xavier": np.sqrt(1 / fan_in), "he": np.sqrt(2 / fan_in)}
    if kind not in stds:
        raise ValueError(f"kind: expected one of {sorted(stds)}, got {kind!r}")
    return stds[kind] * rng.standard_normal((fan_in, fan_out))


def activation_statistics(x, weights, forward):
    """Send x through layers without biases and return how each layer's output is spread: (means, stds).

    x: (N, D); weights: a list of L matrices, (D, H1), (H1, H2), ...; forward: an activation such as `tanh_forward`,
    which returns (out, cache). Layer l computes h_l = forward(h_{l-1} w_l)[0], with h_0 = x.
    means, stds: L numbers each, the mean and the standard deviation over all entries of h_1, ..., h_L.
    """
    means, stds = [], []
    for w in weights:
        x, _ = forward(x @ w)
        means.append(np.mean(x))
        stds.append(np.std(x))
    return means, stds


def draw_params(shapes, outputs, seed, dtype=np.float32):
    """First parameters W1, b1, W2, b2 ... as a dict: one array of random weights of each shape, biases of 0.

    outputs: units or maps of each layer, the length of its bias. A weight has the variance 2 / (weights of one output),
    as He et al. (2015) have it.
    """
    rng, params = np.random.default_rng(seed), {}
    for k, (shape, size) in enumerate(zip(shapes, outputs, strict=True), 1):
        std = np.sqrt(2 * size / np.prod(shape))
        params |= {f"W{k}": (std * rng.standard_normal(shape)).astype(dtype), f"b{k}": np.zeros(size, dtype)}
    return params

"""Watch signals and gradients on their way through a network made of a student's own layers.

`Net` collects the layers; `train` and `dead_share` look for ReLUs that never fire; `forward_signals` and
`gradient_sizes` send numbers up and down a deep network. Pictures: `plot_activations` (curves and slopes),
`plot_dead` (share of dead units), `plot_signals` (a histogram a layer), `plot_sizes` (a curve a network, by layer).
Pictures return the figure or the axes; end a notebook cell with `plt.show()`.
"""

from collections.abc import Callable
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter

from chainrule.errors import ChainruleError
from chainrule.plotting import COLOURS, INK, MARKERS, styled_axes

__all__ = [
    "Net",
    "dead_share",
    "forward_signals",
    "gradient_sizes",
    "plot_activations",
    "plot_dead",
    "plot_signals",
    "plot_sizes",
    "train",
]


class Net(NamedTuple):
    """The layers of a network: affine, an activation, a loss; forward and backward as in `chainrule.layers`."""

    affine_forward: Callable
    affine_backward: Callable
    forward: Callable
    backward: Callable
    loss: Callable


def train(net, X, y, learning_rate, hidden=100, num_steps=100, batch_size=100, seed=0, params=None):
    """Train affine - activation - affine - loss by minibatches; the weights (w1, b1, w2, b2) and the losses.

    X: (N, D), y: (N,) labels. Without params to go on from, the weights start normal with variance 2 / fan_in, the
    biases at 0. Training stops at a loss that is not finite.
    """
    rng = np.random.default_rng(seed)
    if params is None:
        sizes = (X.shape[1], hidden, int(np.max(y)) + 1)
        w1, w2 = (rng.normal(0, np.sqrt(2 / a), (a, b)) for a, b in zip(sizes[:-1], sizes[1:], strict=True))
        params = [w1, np.zeros(hidden), w2, np.zeros(sizes[2])]
    losses = []
    for _ in range(num_steps):
        batch = rng.choice(len(X), min(batch_size, len(X)), replace=False)
        with np.errstate(all="ignore"):
            loss, grads = _loss_and_gradients(net, params, X[batch], y[batch])
        losses.append(float(loss))
        if not np.isfinite(loss):
            break
        params = [value - learning_rate * grad for value, grad in zip(params, grads, strict=True)]
    return params, losses


def _loss_and_gradients(net, params, x, y):
    w1, b1, w2, b2 = params
    z, cache1 = net.affine_forward(x, w1, b1)
    h, cache_h = net.forward(z)
    scores, cache2 = net.affine_forward(h, w2, b2)
    loss, dscores = net.loss(scores, y)
    dh, dw2, db2 = net.affine_backward(dscores, cache2)
    _, dw1, db1 = net.affine_backward(net.backward(dh, cache_h), cache1)
    return loss, (dw1, db1, dw2, db2)


def dead_share(net, params, X):
    """The share of hidden units whose input w x + b is negative or 0 for every image in X (N, D)."""
    z, _ = net.affine_forward(X, params[0], params[1])
    return float(np.mean(np.all(z <= 0, axis=0)))


def forward_signals(x, weights, forward):
    """The output of every layer, a list of arrays, of a network of weight matrices without biases."""
    outputs = []
    for w in weights:
        x, _ = forward(x @ w)
        outputs.append(x)
    return outputs


def gradient_sizes(net, x, weights, seed=0):
    """The root mean square of the gradient at the output of every layer, from the first to the last; an array.

    x: (N, D) goes up through the layers (biases 0). The gradient that comes down from above the last one is made of
    random normal numbers, so that its size is 1.
    """
    caches = []
    for w in weights:
        z, affine_cache = net.affine_forward(x, w, np.zeros(w.shape[1]))
        x, cache = net.forward(z)
        caches.append((affine_cache, cache))
    dx, sizes = np.random.default_rng(seed).normal(size=x.shape), []
    for affine_cache, cache in reversed(caches):
        sizes.append(np.sqrt(np.mean(dx**2)))
        dx, _, _ = net.affine_backward(net.backward(dx, cache), affine_cache)
    return np.array(sizes[::-1])


def plot_activations(activations, x=None):
    """Each activation and its slope; activations is a dict of name to (forward, backward); the figure.

    The slope is what backward makes of a dout of ones.
    """
    x = np.linspace(-4, 4, 401) if x is None else x
    size = {"figsize": (2.1 * len(activations) + 0.4, 3.8), "layout": "constrained"}
    fig, axes = plt.subplots(2, len(activations), sharex=True, sharey="row", squeeze=False, **size)
    for (top, bottom), (name, (forward, backward)) in zip(axes.T, activations.items(), strict=True):
        out, cache = forward(x)
        slope = backward(np.ones_like(x), cache)
        top.plot(x, out, color=COLOURS[0])
        bottom.plot(x, slope, color=COLOURS[1], linestyle="--")
        top.set_title(name, color=INK)
        top.set(ylim=(-1.3, 3), yticks=range(-1, 4))
        bottom.set(ylim=(-0.1, 1.15), yticks=[0, 0.25, 0.5, 0.75, 1])
        for ax in (top, bottom):
            styled_axes(ax)
            ax.axvline(0, color="gray", linewidth=0.8)
            ax.axhline(0, color="gray", linewidth=0.8)
    axes[0, 0].set_ylabel("output")
    axes[1, 0].set_ylabel("slope")
    for ax in axes[1]:
        ax.set_xlabel("x")
    return fig


def plot_dead(learning_rates, shares, ax=None):
    """Share of dead units against the learning rate; shares is a dict of name to a list of shares; the axes."""
    ax = styled_axes(ax, (7, 3.2))
    for k, (name, values) in enumerate(shares.items()):
        ax.semilogx(learning_rates, values, color=COLOURS[k], marker=MARKERS[k], label=name)
    ax.set(xlabel="learning rate", ylabel="units that never fire", ylim=(-0.03, 1.03))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.legend(frameon=False)
    return ax


def plot_signals(signals, limits=(-1, 1), bins=40):
    """A grid of histograms, a row for each network and a column for each layer, with the spread of each; the figure.

    signals: a dict of name to the list of outputs of `forward_signals`. limits: of the horizontal axis, or a dict of
    name to limits. Above each histogram stands the standard deviation of all outputs. The bars leave out numbers beyond
    the limits, and exact zeros: shut ReLUs would dwarf all others.
    """
    depth = {len(outputs) for outputs in signals.values()}
    if len(depth) != 1:
        raise ChainruleError(f"plot_signals: expected networks of one depth, got {sorted(depth)} layers")
    fig, axes = plt.subplots(len(signals), depth.pop(), figsize=(11, 1.35 * len(signals) + 0.3), squeeze=False)
    fig.set_layout_engine("constrained")
    for row, (name, outputs) in zip(axes, signals.items(), strict=True):
        low, high = limits[name] if isinstance(limits, dict) else limits
        for number, (ax, h) in enumerate(zip(row, outputs, strict=True), start=1):
            ax.hist(h[h != 0], bins=bins, range=(low, high), color=COLOURS[0])
            ax.set_title(f"{'layer ' if number == 1 else ''}{number}: {_short(np.std(h))}", fontsize=8, color=INK)
            ax.set(yticks=[], xticks=[low, (low + high) / 2, high])
            ax.tick_params(labelsize=7, length=2, colors=INK)
            ax.spines[["left", "right", "top"]].set_visible(False)
        row[0].set_ylabel(name, fontsize=9, color=INK)
    return fig


def plot_sizes(sizes, ylabel, ax=None):
    """One curve a network over its layers, on a logarithmic scale; sizes is a dict of name to sizes; the axes."""
    ax = styled_axes(ax, (7, 3.4))
    for k, (name, values) in enumerate(sizes.items()):
        ax.semilogy(np.arange(1, len(values) + 1), values, color=COLOURS[k], marker=MARKERS[k], label=name)
    ax.set(xlabel="layer", ylabel=ylabel)
    ax.legend(frameon=False)
    return ax


def _short(number):
    """Two digits, whatever the size."""
    return f"{number:.2f}" if number >= 0.01 or number == 0 else f"{number:.0e}".replace("e-0", "e-")

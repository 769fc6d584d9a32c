"""Train pairs of nets against each other, show what they generate, and measure how good it is.

`train_gan` runs many rounds and keeps samples on the way, `train_judge` trains a classifier of digits, and
`judge_samples` lets it say what share of images it recognises and which classes there are. `nearest_images` finds what
a sample may be a copy of.

Pictures: `plot_game` (one number a player), `plot_densities` (a generator of numbers), `plot_losses`, `show_history`,
`show_neighbours`; `print_quality` prints a table. Nets, losses and steps are the student's and come as arguments.
"""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm

from chainrule.activations import sigmoid_forward
from chainrule.plotting import COLOURS, INK, STYLES, moving_average, show_images, styled_axes
from chainrule.two_layer import TwoLayerNet

__all__ = [
    "History",
    "Quality",
    "gradient_size",
    "judge_samples",
    "nearest_images",
    "plot_densities",
    "plot_game",
    "plot_losses",
    "print_quality",
    "show_history",
    "show_neighbours",
    "train_gan",
    "train_judge",
]

SURE = 0.9  # the least probability with which a digit counts as recognised
COVERED = 0.02  # the least share of the samples that makes a class covered


class History(NamedTuple):
    """What `train_gan` found: losses and gradient sizes of each round, samples after the rounds in `rounds`."""

    d_loss: list
    g_loss: list
    g_gradient: list
    rounds: list
    samples: list


class Quality(NamedTuple):
    """Share of the images that are recognised, number of classes covered, and the share recognised as each class."""

    recognised: float
    classes: int
    shares: np.ndarray


def gradient_size(grads):
    """The norm of all gradients in a dict together."""
    return float(np.sqrt(sum(np.sum(np.square(g, dtype=float)) for g in grads.values())))


def train_gan(pair, X, step, noise, losses, update, rounds, batch_size=50, seed=0, lead=0, fixed=None, kept=6):
    """Play `rounds` rounds of step(generator, discriminator, batch, noise, losses, update); a History.

    pair: (generator, discriminator), trained where they are. X: real images. noise(N, rng) -> (N, Z).
    lead: rounds before the first in which the discriminator alone moves. fixed: noise whose images are kept `kept`
    times, evenly over the rounds, before the first and after the last among them.
    """
    generator, discriminator = pair
    rng, history = np.random.default_rng(seed), History([], [], [], [], [])
    X = np.asarray(X, np.float32)
    stops = set(np.linspace(0, rounds, kept).astype(int)) if fixed is not None else set()

    def source(N):
        return noise(N, rng).astype(X.dtype)

    def moves(net, grads):
        if net is generator:
            history.g_gradient.append(gradient_size(grads))
        if net is discriminator or playing:
            update(net, grads)

    def keep(k):
        if k in stops:
            history.rounds.append(k)
            history.samples.append(generator.forward(fixed.astype(X.dtype))[0])

    for k in tqdm(range(-lead, rounds), desc="rounds", mininterval=1):
        keep(k)
        playing = k >= 0
        batch = X[rng.choice(len(X), batch_size, replace=False)]
        round_losses = step(generator, discriminator, batch, source, losses, moves)
        for values, value in zip(history[:2], round_losses, strict=True):
            values.append(float(value))
    keep(rounds)
    for values in history[:3]:
        del values[:lead]
    return history


# How good the samples are.


def train_judge(digits, seed=0):
    """The two-layer net of assignment 2, trained on digits with pixels in -1..1; (net, accuracy on the test images).

    digits: of `chainrule.data.load_digits`, flattened, with pixels in 0..16.
    """
    X_train, X_val, X_test = (X / 8 - 1 for X in (digits.X_train, digits.X_val, digits.X_test))
    np.random.seed(seed)
    net = TwoLayerNet(X_train.shape[1], 100, 10, std=0.1)
    settings = {"learning_rate": 0.2, "learning_rate_decay": 0.97, "reg": 1e-3, "num_iters": 1500, "batch_size": 100}
    net.train(X_train, digits.y_train, X_val, digits.y_val, **settings)
    return net, float(np.mean(net.predict(X_test) == digits.y_test))


def judge_samples(judge, images):
    """What a classifier makes of images (N, 64) or (N, 1, 8, 8) with values in -1..1: a Quality.

    An image is recognised if one class has a probability over 0.9. A class is covered if at least 2 % of all images
    are recognised as it.
    """
    scores = judge.loss(np.asarray(images, float).reshape(len(images), -1))
    probs = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    sure = np.max(probs, axis=1) > SURE
    shares = np.bincount(np.argmax(probs, axis=1)[sure], minlength=probs.shape[1]) / len(images)
    return Quality(float(np.mean(sure)), int(np.sum(shares >= COVERED)), shares)


def print_quality(table):
    """One line for every entry of {name: Quality}: share recognised, classes covered."""
    width = max(map(len, table))
    for name, quality in table.items():
        print(f"{name:{width}s}  recognised {quality.recognised:4.0%}, classes covered {quality.classes:2d} of 10")


def nearest_images(samples, X):
    """The nearest of the images X (M, D) to each sample (N, D): (indices, distances), (N,) each."""
    a, b = (np.asarray(images, float).reshape(len(images), -1) for images in (samples, X))
    squares = np.sum(a**2, axis=1)[:, None] - 2 * a @ b.T + np.sum(b**2, axis=1)
    nearest = np.argmin(squares, axis=1)
    return nearest, np.sqrt(np.maximum(0, squares[np.arange(len(a)), nearest]))


# Pictures.


def show_history(history, shown=12):
    """A row of images for each of the rounds that were kept, always of the same noise; the figure."""
    rows = [np.asarray(images[:shown]).reshape(-1, 8, 8) for images in history.samples]
    fig = show_images(np.concatenate(rows), num_cols=shown)
    ax, step = fig.axes[0], 1.08
    ax.axis("on")
    styled_axes(ax, grid=False)
    ax.set(xticks=[], yticks=[(k + 0.46) * step for k in range(len(rows))], yticklabels=history.rounds, ylabel="round")
    return fig


def show_neighbours(samples, X, shown=12):
    """Samples in the first row, under each the nearest of the training images X; the figure."""
    nearest, _ = nearest_images(samples[:shown], X)
    rows = [np.asarray(images).reshape(-1, 8, 8) for images in (samples[:shown], X[nearest])]
    return show_images(np.concatenate(rows), num_cols=shown)


def plot_losses(histories, smooth=50):
    """Both losses of each History in {name: History}, side by side, as means over `smooth` rounds; the figure."""
    fig, axes = plt.subplots(
        1, len(histories), figsize=(4.2 * len(histories), 2.8), layout="constrained", squeeze=False
    )
    for ax, (name, history) in zip(axes[0], histories.items(), strict=True):
        for values, label, k in ((history.d_loss, "discriminator", 0), (history.g_loss, "generator", 1)):
            ax.plot(*moving_average(values, smooth), color=COLOURS[k], linestyle=STYLES[k], label=label)
        ax.set_title(name, color=INK)
        ax.set(xlabel="round", ylabel="loss")
        ax.legend(frameon=False)
    return fig


def plot_game(value, path=None):
    """The value of a game with one number a player, as shades with level lines; the axes.

    value(theta, w) takes arrays: theta is the generator's number, w the discriminator's. path: (K, 2) of (theta, w).
    """
    _, ax = plt.subplots(figsize=(5.4, 4), layout="constrained")
    theta, w = np.meshgrid(np.linspace(-2, 2, 81), np.linspace(-2, 2, 81))
    heights = value(theta, w)
    shades = ax.contourf(theta, w, heights, levels=20, cmap="cividis")
    ax.figure.colorbar(shades, ax=ax, label="value V").outline.set_visible(False)
    ax.contour(theta, w, heights, levels=20, colors="white", linewidths=0.4, linestyles="solid")
    if path is not None:
        ax.plot(*np.transpose(path), color=COLOURS[1], linewidth=2)
        ax.plot(*path[0], "o", color=COLOURS[1], markersize=8, label="start")
        if len(path) > 12:
            ax.annotate("", path[12], path[6], arrowprops={"arrowstyle": "->", "color": COLOURS[1], "lw": 2})
        ax.legend(loc="upper right")
    ax.set(xlabel="generator: theta (wants V low)", ylabel="discriminator: w (wants V high)")
    return ax


def plot_densities(real, discriminator, history, limit=4.0, title=None):
    """Densities of real (N, 1) and generated numbers, one panel for each kept round; the figure.

    The last one shows D(x), too, stretched so that 1 is as high as the real density gets.
    """
    fig, axes = plt.subplots(1, len(history.rounds), figsize=(2.1 * len(history.rounds), 2.7), layout="constrained")
    bins = np.linspace(-limit, limit, 41)
    top = np.max(np.histogram(real, bins, density=True)[0])
    for ax, k, fake in zip(axes, history.rounds, history.samples, strict=True):
        ax.hist(real[:, 0], bins, density=True, color=COLOURS[0], alpha=0.45, label="real")
        ax.hist(fake[:, 0], bins, density=True, histtype="step", color=COLOURS[1], linewidth=1.8, label="generated")
        ax.set(yticks=[], xlabel="x", title=f"round {k}", ylim=(0, 2 * top), xlim=(-limit, limit))
    line = np.linspace(-limit, limit, 200).astype(np.float32)[:, None]
    probability, _ = sigmoid_forward(discriminator.forward(line)[0])
    axes[-1].plot(line[:, 0], top * probability, color=COLOURS[2], linestyle="--", label="D(x)")
    fig.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    fig.suptitle(title, color=INK)
    return fig

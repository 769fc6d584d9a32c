"""Train a small language model made of a student's own recurrent layers, and look into it.

`Layers` collects the functions; `new_params`, `train` and `sample` make a model, teach it and let it speak;
`loss_and_gradients` is one step of its training. Pictures: `draw_patterns` (one to many, many to one, many to many),
`draw_unrolled` (the graph over time), `plot_states` (hidden units over words), `plot_similarity` (word
vectors), `plot_norms` (gradients on their way back), `plot_trainings` (losses and norms). Pictures return the figure or
the axes; end a notebook cell with `plt.show()`.
"""

from collections.abc import Callable
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from chainrule.optim import adam
from chainrule.plotting import COLOURS, INK, TEXT

__all__ = [
    "History",
    "Layers",
    "draw_patterns",
    "draw_unrolled",
    "loss_and_gradients",
    "new_params",
    "plot_norms",
    "plot_states",
    "plot_trainings",
    "plot_similarity",
    "sample",
    "train",
]

IN, STATE, OUT = COLOURS[5], "#DDDDDD", COLOURS[2]
# Name of a pattern: (steps that hear an input, steps that give an output), of four.
PATTERNS = {
    "one to many:\na picture, then its caption": ((0,), (0, 1, 2, 3)),
    "many to one:\na review, then its verdict": ((0, 1, 2, 3), (3,)),
    "many to many, step by step:\neach word, then the next one": ((0, 1, 2, 3), (0, 1, 2, 3)),
    "many to many, first all in:\na sentence, then its translation": ((0, 1), (2, 3)),
}


class Layers(NamedTuple):
    """What a language model is made of: three pairs (forward, backward), and the loss."""

    embedding: tuple[Callable, Callable]
    recurrent: tuple[Callable, Callable]
    affine: tuple[Callable, Callable]
    loss: Callable


class History(NamedTuple):
    """Loss of every step of a training, and the norm of its gradients (before they were clipped)."""

    losses: list[float]
    norms: list[float]


def new_params(vocab_size, wordvec_dim=24, hidden_dim=48, stretch=None, seed=0):
    """Random weights: W_embed (V, D), Wx (D, H), Wh (H, H), b (H,), W_vocab (H, V), b_vocab (V,).

    stretch: with it Wh is that number times an orthogonal matrix, so that all its singular values are stretch.
    """
    rng = np.random.default_rng(seed)
    V, D, H = vocab_size, wordvec_dim, hidden_dim

    def normal(rows, columns):
        return rng.normal(size=(rows, columns)) / np.sqrt(rows)

    params = {"W_embed": 0.1 * rng.normal(size=(V, D)), "Wx": normal(D, H), "Wh": normal(H, H), "b": np.zeros(H)}
    if stretch is not None:
        params["Wh"] = stretch * np.linalg.qr(params["Wh"])[0]
    return params | {"W_vocab": normal(H, V), "b_vocab": np.zeros(V)}


def loss_and_gradients(layers, params, words, null=0):
    """Guess each next word of the sentences, words (N, T + 1) of numbers; steps whose next word is null do not count.

    Returns (loss, grads), grads a dict like params. The hidden state starts from zeros.
    """
    start = np.zeros((len(words), len(params["Wh"])), params["Wh"].dtype)
    stages = (
        (layers.embedding, (), ("W_embed",)),
        (layers.recurrent, (start,), ("Wx", "Wh", "b")),
        (layers.affine, (), ("W_vocab", "b_vocab")),
    )
    out, caches, grads = words[:, :-1], [], {}
    for (forward, _), extra, names in stages:
        out, cache = forward(out, *extra, *(params[name] for name in names))
        caches.append(cache)
    loss, dout = layers.loss(out, words[:, 1:], words[:, 1:] != null)
    for ((_, backward), _, names), cache in zip(reversed(stages), reversed(caches), strict=True):
        result = backward(dout, cache)
        result = result if isinstance(result, tuple) else (result,)
        grads |= zip(names, result[-len(names) :], strict=True)
        dout = result[0]
    return loss, grads


def train(layers, params, words, update=adam, learning_rate=5e-3, num_steps=600, batch_size=50, clip=None, seed=0):
    """Train a copy of params on sentences, words (M, T + 1); returns (params, History).

    update: a rule as in chainrule.optim. clip: a function of the gradients that returns (clipped, norm); without it
    they are taken as they are. Training stops at a loss that is not finite.
    """
    rng, params, configs = np.random.default_rng(seed), dict(params), {}
    history = History([], [])
    for _ in range(num_steps):
        batch = words[rng.integers(len(words), size=batch_size)]
        with np.errstate(all="ignore"):
            loss, grads = loss_and_gradients(layers, params, batch)
            norm = np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))
        history.losses.append(float(loss))
        history.norms.append(float(norm))
        if not np.isfinite(loss + norm):
            break
        if clip is not None:
            grads, _ = clip(grads)
        for name, grad in grads.items():
            config = configs.get(name, {"learning_rate": learning_rate})
            params[name], configs[name] = update(params[name], grad, config)
    return params, history


def sample(step, params, num, start, length=12, seed=0):
    """Sentences the model makes up: word numbers (num, length), each drawn with the probability the model gives it.

    step: the forward pass of one step, (x, prev_h, Wx, Wh, b) -> (next_h, cache). start: the first word to hear.
    """
    rng = np.random.default_rng(seed)
    words, h = np.full(num, start), np.zeros((num, len(params["Wh"])))
    sentences = np.zeros((num, length), dtype=int)
    for t in range(length):
        h, _ = step(params["W_embed"][words], h, params["Wx"], params["Wh"], params["b"])
        scores = h @ params["W_vocab"] + params["b_vocab"]
        # The largest of the scores with Gumbel noise is a draw from their softmax.
        words = np.argmax(scores + rng.gumbel(size=scores.shape), axis=1)
        sentences[:, t] = words
    return sentences


# Pictures.


def draw_patterns():
    """Four ways to use a recurrent layer, over four steps: inputs below, states in the middle, outputs above."""
    fig, axes = plt.subplots(1, len(PATTERNS), figsize=(12, 2.9), layout="constrained")
    for ax, (name, (inputs, outputs)) in zip(axes, PATTERNS.items(), strict=True):
        _blank(ax, (-0.6, 3.6), (-0.5, 2.5))
        ax.set_title(name, fontsize=TEXT, color=INK)
        for t in range(4):
            _box(ax, t, 1, "h", STATE)
            if t:
                _arrow(ax, (t - 1, 1), (t, 1))
            if t in inputs:
                _box(ax, t, 0, "x", IN)
                _arrow(ax, (t, 0), (t, 1))
            if t in outputs:
                _box(ax, t, 2, "y", OUT)
                _arrow(ax, (t, 1), (t, 2))
    return fig


def draw_unrolled(T=4, backward=False):
    """A recurrent layer unrolled over T steps, with its weights on the arrows; backward adds arrows for gradients."""
    fig, ax = plt.subplots(figsize=(2.2 * T + 1.5, 3.6), layout="constrained")
    _blank(ax, (-1.9, 2 * T - 1.2), (-0.5, 2.5))
    _box(ax, -1.5, 1, "$h_0$", STATE)
    for t in range(T):
        x, previous_x = 2 * t, 2 * t - 2 if t else -1.5
        for y, text, colour in ((0, "x", IN), (1, "h", STATE), (2, "s", OUT)):
            _box(ax, x, y, f"${text}_{t + 1}$", colour)
        lift = 0.1 if backward else 0
        for start, end, weight, position in (
            ((previous_x, 1 + lift), (x, 1 + lift), "$W_h$", ((previous_x + x) / 2, 1.25)),
            ((x - lift, 0), (x - lift, 1), "$W_x$", (x - 0.3, 0.5)),
            ((x - lift, 1), (x - lift, 2), "$W_v$", (x - 0.3, 1.5)),
        ):
            _arrow(ax, start, end)
            ax.text(*position, weight, ha="center", va="center", color=INK, fontsize=TEXT)
        if backward:
            for start, end in (
                ((x + 0.1, 2), (x + 0.1, 1)),
                ((x + 0.1, 1), (x + 0.1, 0)),
                ((x, 0.9), (previous_x, 0.9)),
            ):
                _arrow(ax, start, end, COLOURS[1], "--")
    return fig


def plot_states(h, words, title=None, ax=None):
    """Hidden states h (T, H) as an image: a column a step, named by its word, and a row a unit; the axes."""
    ax = ax or plt.subplots(figsize=(9, 3.6), layout="constrained")[1]
    image = ax.imshow(np.transpose(h), cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    ax.set_xticks(range(len(words)), words)
    ax.set(ylabel="hidden unit", yticks=[])
    ax.set_title(title or "", fontsize=TEXT + 1, color=INK, loc="left")
    ax.figure.colorbar(image, ax=ax, label="state").outline.set_visible(False)
    return ax


def plot_similarity(vectors, words, groups):
    """How alike word vectors (V, D) are, by the cosine of their angle about their mean; the axes.

    groups: {name: its words}; the words stand in this order, with lines between the groups.
    """
    order = [word for members in groups.values() for word in members]
    chosen = vectors[[list(words).index(word) for word in order]]
    chosen = chosen - chosen.mean(axis=0)
    chosen = chosen / np.linalg.norm(chosen, axis=1, keepdims=True)
    side = 2 + 0.17 * len(order)
    _, ax = plt.subplots(figsize=(side + 1, side), layout="constrained")
    image = ax.imshow(chosen @ chosen.T, cmap="RdBu_r", vmin=-1, vmax=1)
    ax.figure.colorbar(image, ax=ax, label="cosine", shrink=0.8).outline.set_visible(False)
    ax.set_xticks(range(len(order)), order, rotation=90)
    ax.set_yticks(range(len(order)), order)
    ax.tick_params(length=0, labelsize=TEXT - 1)
    ends = np.cumsum([len(members) for members in groups.values()])[:-1] - 0.5
    ax.vlines(ends, -0.5, len(order) - 0.5, color=INK, linewidth=1)
    ax.hlines(ends, -0.5, len(order) - 0.5, color=INK, linewidth=1)
    return ax


def plot_norms(norms, title=None, ax=None):
    """Norms of gradients at h_0 .. h_T, {name: (T + 1,)}, against steps back in time, on a log scale; the axes."""
    ax = ax or plt.subplots(figsize=(7, 4), layout="constrained")[1]
    for k, (name, values) in enumerate(norms.items()):
        ax.semilogy(values[::-1], color=COLOURS[k % len(COLOURS)], linestyle=("-", "--", "-.", ":")[k % 4], label=name)
        ax.annotate(name, (len(values) - 1, values[0]), (5, -3), textcoords="offset points", fontsize=TEXT, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xlabel="steps back in time", ylabel="norm of the gradient", xlim=(0, 1.18 * (len(values) - 1)))
    ax.set_title(title or "", fontsize=TEXT + 1, color=INK, loc="left")
    ax.grid(color="#DDDDDD", linewidth=0.8)
    return ax


def plot_trainings(runs, clip=None):
    """Losses and gradient norms of trainings, {name: History}, on log scales; clip draws a line there; the figure."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
    for k, (name, history) in enumerate(runs.items()):
        style = ("-", "--", ":")[k % 3]
        look = {"color": COLOURS[k % len(COLOURS)], "linestyle": style, "linewidth": 1.2, "label": name}
        left.semilogy(history.losses, **look)
        right.semilogy(history.norms, **look)
    if clip is not None:
        right.axhline(clip, color=INK, linestyle="--", linewidth=1, label=f"clipped at {clip:g}")
    for ax, name in ((left, "loss"), (right, "norm of the gradient, before clipping")):
        ax.spines[["top", "right"]].set_visible(False)
        ax.set(xlabel="step", ylabel=name)
        ax.legend(frameon=False, title="learning rate")
    return fig


def _blank(ax, x, y):
    ax.set(xlim=x, ylim=y, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _box(ax, x, y, text, colour):
    look = {"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": INK, "linewidth": 0.8}
    ax.text(x, y, text, ha="center", va="center", fontsize=TEXT + 1, color="black", bbox=look, zorder=3)


def _arrow(ax, start, end, colour=INK, style="-"):
    look = {"arrowstyle": "->", "color": colour, "linestyle": style, "shrinkA": 15, "shrinkB": 15}
    ax.annotate("", end, start, arrowprops=look, zorder=2)

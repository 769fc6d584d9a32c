"""Experiments with recurrent cells of your own: how far they remember, what their gradients do, what their gates do.

A `Cell` collects the functions of one kind of recurrent net. `make_params` draws its weights, with a softmax on top of
the last state; `train` fits them. `first_symbols` draws the memory task, on which `race` compares cells;
`colour_questions` draws sentences and asks for a colour. `gradient_norms` says how strongly the last state depends on
each input; `read_gates` finds the gates of an LSTM from outside, by calling its step function.

Pictures: `draw_lstm`, `draw_gru` (the cells as diagrams), `plot_switches` (one cell, step by step), `plot_race`,
`plot_norms`, `plot_gates` (heat maps over words). They return the figure or the axes; end a cell with `plt.show()`.
"""

from collections.abc import Callable
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle, FancyBboxPatch
from tqdm import tqdm

from chainrule.layers import affine_backward, affine_forward, softmax_loss
from chainrule.optim import adam
from chainrule.plotting import COLOURS, INK, MARKERS, STYLES, TEXT, styled_axes
from chainrule.shapes import COLOURS as WORDS_FOR_COLOURS
from chainrule.shapes import make_captioned_shapes

__all__ = [
    "Cell",
    "colour_questions",
    "draw_gru",
    "draw_lstm",
    "first_symbols",
    "gradient_norms",
    "make_params",
    "plot_gates",
    "plot_norms",
    "plot_race",
    "plot_switches",
    "race",
    "read_gates",
    "train",
]


class Cell(NamedTuple):
    """A recurrent net of a student's own: forward(x, h0, Wx, Wh, b), backward(dh, cache), how many blocks of H columns.

    bias: {number of a block: the value at which its biases start}; the others start at 0.
    """

    forward: Callable
    backward: Callable
    num_blocks: int
    bias: dict = {}  # noqa: RUF012 nobody writes into it


def make_params(cell, D, H, C, seed=0):
    """Weights of a cell with D inputs and H units, and of the affine layer from its last state to C scores; a dict.

    Each weight is normal with variance 1 / fan-in: the square of a unit's score is 1 on average, for inputs of size 1.
    """
    rng = np.random.default_rng(seed)
    sizes = {"Wx": (D, cell.num_blocks * H), "Wh": (H, cell.num_blocks * H), "w": (H, C)}
    params = {name: rng.normal(0, 1 / np.sqrt(size[0]), size) for name, size in sizes.items()}
    params |= {"b": np.zeros(cell.num_blocks * H), "v": np.zeros(C)}
    for block, value in cell.bias.items():
        params["b"][block * H : (block + 1) * H] = value
    return params


def _run(cell, params, x):
    h0 = np.zeros((len(x), len(params["Wh"])), x.dtype)
    return cell.forward(x, h0, params["Wx"], params["Wh"], params["b"])


def _loss(cell, params, x, y):
    """The softmax loss of the scores after the last step, its gradients, and the accuracy."""
    h, cache = _run(cell, params, x)
    scores, top = affine_forward(h[:, -1], params["w"], params["v"])
    loss, dscores = softmax_loss(scores, y)
    dh = np.zeros_like(h)
    dh[:, -1], dw, dv = affine_backward(dscores, top)
    _, _, dWx, dWh, db = cell.backward(dh, cache)
    return loss, {"Wx": dWx, "Wh": dWh, "b": db, "w": dw, "v": dv}, np.mean(scores.argmax(axis=1) == y)


def train(cell, draw, H=16, num_steps=250, batch_size=32, learning_rate=1e-2, seed=0, patience=10):
    """Train a cell by Adam, the norm of its gradient clipped to 1; its params and the accuracy on 500 new sequences.

    draw(N, rng) -> (x, y), x (N, T, D) and labels y (N,). It stops early after `patience` batches in a row
    without a mistake.
    """
    rng, configs, faultless = np.random.default_rng(seed), {}, 0
    x, y = draw(500, rng)
    params = make_params(cell, x.shape[2], H, int(y.max()) + 1, seed)
    for _ in range(num_steps):
        _, grads, accuracy = _loss(cell, params, *draw(batch_size, rng))
        norm = np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))
        for name, grad in grads.items():
            config = configs.get(name, {"learning_rate": learning_rate})
            params[name], configs[name] = adam(params[name], grad / max(1, norm), config)
        faultless = faultless + 1 if accuracy == 1 else 0
        if faultless == patience:
            break
    return params, float(_loss(cell, params, x, y)[2])


def first_symbols(N, delay, rng, num_symbols=4):
    """Sequences of random symbols; the answer is the first one. x (N, delay + 1, num_symbols + 1), y (N,).

    A symbol is a one-hot row; the last column is 1 at the first step alone.
    """
    symbols = rng.integers(0, num_symbols, (N, delay + 1))
    x = np.zeros((N, delay + 1, num_symbols + 1))
    x[:, :, :num_symbols] = np.eye(num_symbols)[symbols]
    x[:, 0, num_symbols] = 1
    return x, symbols[:, 0]


def race(cells, delays, progress=True, **options):
    """Train every cell on the memory task at every delay; {name: accuracies}. options: as in `train`."""
    accuracies = {name: [] for name in cells}
    with tqdm(total=len(cells) * len(delays), disable=not progress, unit="net") as bar:
        for name, cell in cells.items():
            for delay in delays:
                _, accuracy = train(cell, lambda N, rng, delay=delay: first_symbols(N, delay, rng), **options)
                accuracies[name].append(accuracy)
                bar.update()
    return accuracies


def colour_questions(num=1200, seed=0):
    """Captions of nine words with two objects each; the question is the colour of the first.

    Returns (sentences, x, y, words): lists of words, x (N, 9, V) one-hot, y (N,) number of the colour, and the V words.
    """
    captions = make_captioned_shapes(3 * num, seed=seed, size=8).captions
    sentences = [words for words in map(str.split, captions) if len(words) == 9][:num]
    words = sorted({word for sentence in sentences for word in sentence})
    x = np.eye(len(words))[[[words.index(word) for word in sentence] for sentence in sentences]]
    return sentences, x, np.array([list(WORDS_FOR_COLOURS).index(sentence[2]) for sentence in sentences]), words


def gradient_norms(cell, params, x, seed=0):
    """How strongly the last state depends on the input of each step: mean over N of the norm of dx[:, t]; (T,).

    The loss is a random weighted sum of the last state.
    """
    h, cache = _run(cell, params, x)
    dh = np.zeros_like(h)
    dh[:, -1] = np.random.default_rng(seed).normal(size=dh[:, -1].shape)
    dx, *_ = cell.backward(dh, cache)
    return np.sqrt(np.sum(dx**2, axis=2)).mean(axis=0)


def read_gates(step, x, params):
    """The gates of an LSTM on one sequence x (T, D): a dict of arrays (T, H), "i", "f", "o", "g", "c" and "h".

    step is lstm_step_forward. Only what it returns is used: next_c is f * prev_c + i * g, so the difference that
    prev_c makes is f; with prev_c = 0 what is left is i * g, and there large biases can hold g at 1.
    """
    Wx, Wh, b = params["Wx"], params["Wh"], params["b"]
    H = len(Wh)
    g_is_one = b + np.repeat([0.0, 0, 0, 1e4], H)
    h = c = nothing = np.zeros((1, H))
    gates = {name: [] for name in "ifogch"}
    for t in range(len(x)):
        x_t = x[t : t + 1]
        _, written, _ = step(x_t, h, nothing, Wx, Wh, b)
        _, i, _ = step(x_t, h, nothing, Wx, Wh, g_is_one)
        _, with_ones, _ = step(x_t, h, nothing + 1, Wx, Wh, b)
        h, c, _ = step(x_t, h, c, Wx, Wh, b)
        output_gate = np.divide(h, np.tanh(c), out=np.zeros_like(h), where=c != 0)
        for name, value in zip("ifogch", (i, with_ones - written, output_gate, written / i, c, h), strict=True):
            gates[name].append(value[0])
    return {name: np.array(values) for name, values in gates.items()}


# Diagrams.


def _canvas(width, height, scale=0.8):
    fig = plt.figure(figsize=(scale * width, scale * height))
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return fig, ax


def _wire(ax, *stops, arrow=True, colour=INK):
    """A line through the stops, with an arrow at the end of it."""
    xs, ys = zip(*stops, strict=True)
    ax.plot(xs[:-1] if arrow else xs, ys[:-1] if arrow else ys, color=colour, lw=1.5, solid_capstyle="round", zorder=1)
    if arrow:
        look = {"arrowstyle": "-|>", "color": colour, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", stops[-1], stops[-2], arrowprops=look, zorder=1)


def _word(ax, x, y, text, **look):
    ax.text(x, y, text, **{"ha": "center", "va": "center", "fontsize": TEXT + 2, "color": INK} | look)


def _node(ax, x, y, text, radius=0.27):
    ax.add_patch(Circle((x, y), radius, facecolor="white", edgecolor=INK, lw=1.4, zorder=3))
    _word(ax, x, y, text, zorder=4)


def _box(ax, x, y, text, colour):
    box = FancyBboxPatch((x - 0.42, y - 0.3), 0.84, 0.6, boxstyle="round,pad=0,rounding_size=0.12")
    box.set(facecolor=colour, edgecolor="none", zorder=3)
    ax.add_patch(box)
    _word(ax, x, y, text, color="white", fontsize=TEXT + 1, zorder=4)


def draw_lstm():
    """One step of an LSTM as a diagram: the cell along the top, the gates in the middle, x and h below; the figure."""
    fig, ax = _canvas(11, 5.8)
    top, bus, blue, orange = 4.9, 1.1, COLOURS[0], COLOURS[1]
    _wire(ax, (1.0, top), (2.73, top), colour=orange)
    _wire(ax, (3.27, top), (5.23, top), colour=orange)
    _wire(ax, (5.77, top), (10.1, top), colour=orange)
    for x, gate, kind in ((3, "f", "σ"), (4.7, "i", "σ"), (6.3, "g", "tanh"), (8.0, "o", "σ")):
        _wire(ax, (x, bus), (x, 1.9))
        _box(ax, x, 2.2, kind, COLOURS[3] if gate == "g" else blue)
        _word(ax, x - 0.28, 2.78, f"${gate}$", fontsize=TEXT + 4)
    _wire(ax, (3, 2.5), (3, top - 0.27))
    _wire(ax, (4.7, 2.5), (4.7, 3.7), (5.23, 3.7))
    _wire(ax, (6.3, 2.5), (6.3, 3.7), (5.77, 3.7))
    _wire(ax, (5.5, 3.97), (5.5, top - 0.27))
    _wire(ax, (9.2, top), (9.2, 4.3), colour=orange)
    _box(ax, 9.2, 4.0, "tanh", COLOURS[3])
    _wire(ax, (9.2, 3.7), (9.2, 3.27))
    _wire(ax, (8.0, 2.5), (8.0, 3.0), (8.93, 3.0))
    _wire(ax, (9.2, 2.73), (9.2, bus), (10.1, bus))
    for x, y, text in ((3, top, "×"), (5.5, top, "+"), (5.5, 3.7, "×"), (9.2, 3.0, "×")):
        _node(ax, x, y, text)
    _wire(ax, (1.0, bus), (8.0, bus), arrow=False)
    _wire(ax, (2.0, 0.35), (2.0, bus), arrow=False)
    _word(ax, 0.55, top, "$c_{t-1}$", color=orange, fontsize=TEXT + 5)
    _word(ax, 10.45, top, "$c_t$", color=orange, fontsize=TEXT + 5)
    _word(ax, 0.55, bus, "$h_{t-1}$", fontsize=TEXT + 5)
    _word(ax, 10.45, bus, "$h_t$", fontsize=TEXT + 5)
    _word(ax, 2.0, 0.15, "$x_t$", fontsize=TEXT + 5)
    for x, y, text in ((3, 5.4, "forget"), (5.5, 5.4, "write"), (9.85, 3.0, "show")):
        _word(ax, x, y, text, fontsize=TEXT + 1, style="italic")
    return fig


def draw_gru():
    """One step of a GRU as a diagram: the state along the top, the gates below it; the figure."""
    fig, ax = _canvas(10.6, 5.8)
    top, bus, blue, orange = 4.9, 1.1, COLOURS[0], COLOURS[1]
    _wire(ax, (1.0, top), (6.23, top), colour=orange)
    _wire(ax, (6.77, top), (8.13, top), colour=orange)
    _wire(ax, (8.67, top), (9.7, top), colour=orange)
    _wire(ax, (1.6, top), (1.6, bus), arrow=False, colour=orange)
    _wire(ax, (1.6, bus), (7.2, bus), arrow=False)
    _wire(ax, (2.2, 0.35), (2.2, bus), arrow=False)
    _wire(ax, (3.2, bus), (3.2, 1.9))
    _box(ax, 3.2, 2.2, "σ", blue)
    _word(ax, 2.92, 2.78, "$r$", fontsize=TEXT + 4)
    _wire(ax, (3.2, 2.5), (3.2, 3.43))
    _wire(ax, (1.6, 3.7), (2.93, 3.7), colour=orange)
    _wire(ax, (3.47, 3.7), (4.4, 3.7), (4.4, 2.2), (4.78, 2.2), colour=orange)
    _wire(ax, (5.2, bus), (5.2, 1.9))
    _word(ax, 5.3, 1.5, "$x_t$ only", ha="left", fontsize=TEXT)
    _box(ax, 5.2, 2.2, "tanh", COLOURS[3])
    _wire(ax, (5.2, 2.5), (5.2, 3.2), (8.4, 3.2), (8.4, 3.43))
    # The wire from u passes over it: no junction.
    ax.plot([7.2, 7.2], [3.08, 3.32], color="white", linewidth=6, solid_capstyle="butt", zorder=1.5)
    ax.plot([7.2, 7.2], [3.05, 3.35], color=INK, linewidth=1.5, zorder=1.6)
    _wire(ax, (8.4, 3.97), (8.4, top - 0.27))
    _word(ax, 6.3, 3.4, "candidate", fontsize=TEXT + 1, style="italic")
    _wire(ax, (7.2, bus), (7.2, 1.9), arrow=True)
    _box(ax, 7.2, 2.2, "σ", blue)
    _word(ax, 6.92, 2.78, "$u$", fontsize=TEXT + 4)
    _wire(ax, (7.2, 2.5), (7.2, 3.7), (8.13, 3.7))
    _wire(ax, (7.2, 3.7), (7.2, 4.2), (6.5, 4.2), (6.5, top - 0.27))
    _word(ax, 7.05, 4.4, "$1-u$", fontsize=TEXT + 1)
    for x, y, text in ((3.2, 3.7, "×"), (6.5, top, "×"), (8.4, 3.7, "×"), (8.4, top, "+")):
        _node(ax, x, y, text)
    _word(ax, 0.55, top, "$c_{t-1}$", color=orange, fontsize=TEXT + 5)
    _word(ax, 10.1, top, "$c_t$", color=orange, fontsize=TEXT + 5)
    _word(ax, 2.2, 0.15, "$x_t$", fontsize=TEXT + 5)
    for x, y, text in ((3.2, 4.2, "reset"), (6.5, 5.4, "keep"), (8.4, 5.4, "write")):
        _word(ax, x, y, text, fontsize=TEXT + 1, style="italic")
    return fig


# Curves and heat maps.


def plot_switches(rows):
    """One strip for every name in rows {name: (T,) numbers}, below each other, as bars over time; the figure."""
    height = 0.75 * len(rows) + 0.5
    fig, axes = plt.subplots(len(rows), 1, figsize=(8, height), sharex=True, layout="constrained")
    for k, (ax, (name, values)) in enumerate(zip(axes, rows.items(), strict=True)):
        styled_axes(ax).bar(range(1, len(values) + 1), values, width=0.8, color=COLOURS[k % len(COLOURS)])
        ax.axhline(0, color=INK, lw=0.8)
        ax.set(ylim=(min(0, *values) - 0.1, max(1, *values) + 0.1), xticks=range(1, len(values) + 1))
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=TEXT + 1, color=INK)
    axes[-1].set_xlabel("step", color=INK, fontsize=TEXT + 1)
    return fig


def plot_race(delays, accuracies, chance, ax=None):
    """Accuracy against delay, a curve for each name in accuracies {name: numbers}; the axes."""
    ax = styled_axes(ax, (6.5, 3.4), "steps between symbol and question", "accuracy")
    for k, (name, values) in enumerate(accuracies.items()):
        look = {"color": COLOURS[k % 6], "linestyle": STYLES[k % 6], "marker": MARKERS[k % 6], "label": name}
        ax.plot(delays, values, linewidth=1.8, **look)
    ax.axhline(chance, color=INK, lw=1, linestyle=":")
    ax.text(delays[0], chance - 0.02, "guessing", color=INK, va="top", fontsize=TEXT)
    ax.set(ylim=(0, 1.05), xticks=delays)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def plot_norms(norms, ax=None):
    """Gradient norms against the number of steps back from the end, log scale, {name: (T,)}; the axes."""
    ax = styled_axes(ax, (6.5, 3.4), "steps back from the last one", "norm of the gradient")
    for k, (name, values) in enumerate(norms.items()):
        ax.semilogy(np.asarray(values)[::-1], color=COLOURS[k % 6], linestyle=STYLES[k % 6], lw=1.8, label=name)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def plot_gates(gates, words, titles):
    """Heat maps over the words of a sentence, a row a unit: one for each name in titles {name: title}; the figure.

    gates: from `read_gates`. Gates are shaded from 0 to 1; the cell and what is written from blue (negative) to red.
    """
    fig, axes = plt.subplots(1, len(titles), figsize=(3.2 * len(titles), 3.6), sharey=True, layout="constrained")
    for ax, (name, title) in zip(np.atleast_1d(axes), titles.items(), strict=True):
        values = gates[name].T
        signed = name in "cgh"
        limit = np.max(np.abs(values)) if signed else 1
        look = (
            {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} if signed else {"cmap": "cividis", "vmin": 0, "vmax": 1}
        )
        image = ax.imshow(values, aspect="auto", **look)
        styled_axes(ax, grid=False)
        ax.set_xticks(range(len(words)), words, rotation=60, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(values)), range(1, len(values) + 1))
        ax.set_title(title, color=INK, fontsize=TEXT + 1, loc="left")
        fig.colorbar(image, ax=ax, shrink=0.8).outline.set_visible(False)
    np.atleast_1d(axes)[0].set_ylabel("unit", color=INK, fontsize=TEXT + 1)
    return fig

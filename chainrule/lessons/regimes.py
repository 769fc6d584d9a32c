"""Train nets in several regimes and compare them: with and without normalisation, dropout, augmentation.

`train` runs one net, `sweep` one for each value of a setting; both take the net's maker and the update rule as
functions. `shared_entries` finds out which entries of an input are normalised together. Pictures: `plot_layers`
(histograms, one a layer), `plot_shared` (which entries share their statistics), `plot_sweep` (a number against a
setting), `plot_accuracies` (training and validation, epoch by epoch). Pictures return the figure or the axes; end a
cell with `plt.show()`.
"""

import matplotlib.pyplot as plt
import numpy as np

from chainrule.plotting import COLOURS, INK, MARKERS, STYLES, TEXT, styled_axes
from chainrule.solver import Solver

__all__ = [
    "plot_accuracies",
    "plot_layers",
    "plot_shared",
    "plot_sweep",
    "shared_entries",
    "sweep",
    "train",
    "train_from_seed",
]


def train(make_net, data, update_rule, learning_rate=1e-3, num_epochs=10, batch_size=50, seed=0):
    """Train make_net() on data, as `chainrule.solver.Solver` takes it; the Solver, with the net and the history.

    np.random is seeded first, so that nets made with one seed start from the same weights and see the same batches.
    """
    settings = {"num_epochs": num_epochs, "batch_size": batch_size, "seed": seed}
    return train_from_seed(make_net, data, update_rule, {"learning_rate": learning_rate}, **settings)


def train_from_seed(make_net, data, update_rule, optim_config, *, seed=0, **options):
    """The `Solver` after training make_net(); np.random is seeded before the net is made. options: of `Solver`."""
    np.random.seed(seed)
    solver = Solver(make_net(), data, update_rule, optim_config, seed=seed, **options)
    with np.errstate(all="ignore"):  # some nets are meant to diverge; the Solver raises an error then
        solver.train()
    return solver


def sweep(make_net, values, data, update_rule, **options):
    """{value: Solver} of nets make_net(value), each trained for itself; options as in `train`."""
    return {value: train(lambda value=value: make_net(value), data, update_rule, **options) for value in values}


def shared_entries(forward, shape, entry):
    """A boolean array of `shape`: which outputs change when one entry of the input does.

    forward(x) -> out, of x's shape. entry: an index, such as (0, 0, 0, 0). What changes shares its
    mean and variance.
    """
    x = np.random.default_rng(0).normal(size=shape)
    moved = x.copy()
    moved[entry] += 1
    return forward(x) != forward(moved)


def plot_shared(masks, title=None):
    """A table for every mask (N, C, H, W): a row an image, a column a channel, in each cell its pixels.

    masks: {name: boolean array}. What is True is filled dark.
    """
    fig, axes = plt.subplots(1, len(masks), figsize=(3 * len(masks), 2.9), layout="constrained", squeeze=False)
    for ax, (name, mask) in zip(axes[0], masks.items(), strict=True):
        N, C, H, W = mask.shape
        table = np.pad(mask.astype(float), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=np.nan)
        table = table.transpose(0, 2, 1, 3).reshape(N * (H + 2), C * (W + 2))
        colours = plt.matplotlib.colors.ListedColormap(["#DDE6EE", COLOURS[0]])
        ax.imshow(np.ma.masked_invalid(table), cmap=colours, vmin=0, vmax=1, aspect="equal")
        ax.set_xticks(np.arange(C) * (W + 2) + (W + 1) / 2, [f"{c}" for c in range(C)])
        ax.set_yticks(np.arange(N) * (H + 2) + (H + 1) / 2, [f"{n}" for n in range(N)])
        styled_axes(ax, xlabel="channel", grid=False, label_size=TEXT).set_title(name, color=INK)
    axes[0, 0].set_ylabel("image", color=INK)
    if title:
        fig.suptitle(title, color=INK)
    return fig


def plot_layers(groups, limit=3.0, bins=40):
    """A row of histograms for every group, one a layer, over -limit to limit; the last bins hold larger values, too.

    groups: {name: list of arrays}.
    """
    rows, columns = len(groups), max(len(layers) for layers in groups.values())
    fig, axes = plt.subplots(rows, columns, figsize=(1.5 * columns, 1.7 * rows), layout="constrained", squeeze=False)
    for row, (name, layers) in zip(axes, groups.items(), strict=True):
        for k, (ax, values) in enumerate(zip(row, layers, strict=True), start=1):
            clipped = np.clip(values.ravel(), -limit, limit)
            ax.hist(clipped, bins=bins, range=(-limit, limit), color=COLOURS[0])
            ax.set(
                xlim=(-limit, limit),
                yticks=[],
                xticks=[-limit, 0, limit],
                xticklabels=[f"{-limit:g}", "0", f"{limit:g}"],
            )
            ax.set_title(f"layer {k}\nstd {np.std(values):.2g}", fontsize=9, color=INK)
            ax.spines[["left", "right", "top"]].set_visible(False)
            ax.tick_params(colors=INK, labelsize=8)
        row[0].set_ylabel(name, color=INK)
    return fig


def plot_sweep(curves, xlabel, ylabel, log=True, ax=None):
    """A curve with markers for every name, over settings that may be evenly spaced in their logarithm; the axes.

    curves: {name: {setting: number}}.
    """
    ax = styled_axes(ax, (6, 3.4), xlabel, ylabel, label_size=TEXT)
    for k, (name, points) in enumerate(curves.items()):
        look = {"color": COLOURS[k], "linestyle": STYLES[k], "marker": MARKERS[k]}
        ax.plot(list(points), list(points.values()), label=name, markersize=5, **look)
    if log:
        ax.set_xscale("log")
    ax.legend(frameon=False)
    return ax


def plot_accuracies(solvers, num_columns=4):
    """Accuracy on training and validation images, epoch by epoch: one picture for every Solver in {name: Solver}."""
    num_columns = min(num_columns, len(solvers))
    num_rows = -(-len(solvers) // num_columns)
    fig, axes = plt.subplots(
        num_rows,
        num_columns,
        figsize=(2.7 * num_columns, 2.5 * num_rows),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    for ax in axes.flat[len(solvers) :]:
        ax.set_visible(False)
    for ax, (name, solver) in zip(axes.flat, solvers.items(), strict=False):
        ax.plot(solver.train_acc_history, color=COLOURS[1], linestyle="--", label="training")
        ax.plot(solver.val_acc_history, color=COLOURS[0], label="validation")
        styled_axes(ax).set_title(f"{name}", color=INK, fontsize=11)
    axes[0, 0].legend(frameon=False, loc="lower right")
    fig.supxlabel("epoch", color=INK, fontsize=11)
    fig.supylabel("accuracy", color=INK, fontsize=11)
    return fig

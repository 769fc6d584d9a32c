"""Toy data in the plane, and pictures of what a small net does with it.

`make_spiral` winds the classes around each other; `plot_regions` colours the plane by the predicted class;
`plot_hinges` draws where hidden units switch on; `draw_layers` draws the layers of a net with their sizes.
"""

import numpy as np
from matplotlib.colors import ListedColormap

from chainrule.errors import ChainruleError
from chainrule.plotting import COLOURS, INK, TEXT, styled_axes

__all__ = ["draw_layers", "make_spiral", "plot_hinges", "plot_regions"]

MARKERS = ("o", "s", "^", "D", "v", "P")
SHOWN = 5  # circles a layer, at most; the others are dots


def make_spiral(num_per_class=100, num_classes=3, noise=0.2, seed=0):
    """Points on the arms of a spiral, one arm a class: X (N, 2) within about 1 of the origin, y (N,), by class.

    noise: standard deviation of a point's angle, in radians.
    """
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(num_classes), num_per_class)
    radius = np.tile(np.linspace(0.05, 1, num_per_class), num_classes)
    angle = 4 * radius + 2 * np.pi * y / num_classes + noise * rng.normal(size=len(y))
    return radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1), y


def plot_regions(predict, X, y, title=None, ax=None):
    """The points X (N, 2), marked by their class y, on the plane coloured by predict(points) -> classes; the axes."""
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != X.shape[:1]:
        raise ChainruleError(f"plot_regions: expected X (N, 2) and y (N,), got {X.shape} and {y.shape}")
    ax = _plain_axes(ax, title)
    limit, C = 1.1 * np.max(np.abs(X)), int(np.max(y)) + 1
    line = np.linspace(-limit, limit, 240)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    regions = np.asarray(predict(grid.reshape(-1, 2))).reshape(grid.shape[:2])
    colours = ListedColormap(COLOURS[:C])
    look = {"cmap": colours, "vmin": -0.5, "vmax": C - 0.5, "origin": "lower", "interpolation": "nearest"}
    ax.imshow(regions, extent=(-limit, limit, -limit, limit), alpha=0.35, **look)
    for k in range(C):
        ax.scatter(*X[y == k].T, s=16, color=COLOURS[k], marker=MARKERS[k], edgecolor="white", linewidth=0.4)
    return ax


def plot_hinges(W1, b1, ax):
    """The line w . x + b = 0 of every hidden unit, W1 (2, H), b1 (H,), with an arrow to the side where it is on."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    for w, b in zip(W1.T, b1, strict=True):
        length = np.hypot(*w)
        if length == 0:
            continue
        across, start = w / length, -b * w / length**2
        along = np.array([-across[1], across[0]])
        ax.plot(*np.stack([start - 9 * along, start + 9 * along]).T, color=INK, linewidth=1)
        if left < start[0] < right and low < start[1] < high:
            ax.annotate("", start + 0.18 * across, start, arrowprops={"arrowstyle": "->", "color": INK})
    ax.set(xlim=(left, right), ylim=(low, high))


def draw_layers(sizes, names, links, ax=None):
    """The layers of a net from left to right, as circles; the axes.

    sizes: units of every layer. names: what is written under a layer. links: what is written over the lines between
    two layers, one fewer.
    """
    if len(names) != len(sizes) or len(links) != len(sizes) - 1:
        got = f"{len(names)} and {len(links)}"
        raise ChainruleError(f"draw_layers: expected {len(sizes)} names and {len(sizes) - 1} links, got {got}")
    ax = _plain_axes(ax, None, (8, 3.4))
    columns = [_heights(size) for size in sizes]
    for k, (starts, ends) in enumerate(zip(columns, columns[1:], strict=False)):
        for y in starts:
            ax.plot([[k] * len(ends), [k + 1] * len(ends)], [[y] * len(ends), ends], color="#CCCCCC", lw=0.7, zorder=1)
        ax.text(k + 0.5, 1.3, links[k], ha="center", va="bottom", color=INK, fontsize=TEXT + 1)
    for k, (heights, size, name) in enumerate(zip(columns, sizes, names, strict=True)):
        ax.scatter([k] * len(heights), heights, s=260, color=COLOURS[k % len(COLOURS)], edgecolor="white", zorder=2)
        if size > len(heights):
            ax.text(k, 0, "⋮", ha="center", va="center", color=INK, fontsize=TEXT + 6, zorder=3)
        ax.text(k, -1.35, name, ha="center", va="top", color=INK, fontsize=TEXT + 1)
    ax.set(xlim=(-0.5, len(sizes) - 0.5), ylim=(-2.1, 1.75), aspect="auto")
    return ax


def _heights(size):
    """Where the circles of a layer are, between -1 and 1; the middle is left free where not all are shown."""
    if size <= SHOWN:
        return (np.arange(size) - (size - 1) / 2) / 2
    return np.array([-1, -0.5, 0.5, 1])


def _plain_axes(ax, title, figsize=(4, 4)):
    ax = styled_axes(ax, figsize, grid=False)
    ax.set(xticks=[], yticks=[], aspect="equal")
    if title:
        ax.set_title(title, color=INK, fontsize=TEXT + 1)
    return ax

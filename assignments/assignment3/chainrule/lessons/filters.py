"""Pictures of convolutional networks: how windows move, what is computed from what, how far a unit sees.

`show_numbers` draws small matrices with their numbers, `draw_windows` the places of a window on an image in its
frame of zeros, `draw_volumes` the sizes of the arrays from layer to layer. `receptive_fields` works out how many
pixels a unit depends on, `draw_receptive_field` draws it. `time_ratio` compares the speed of two functions.

Functions that draw return the axes (or the array of them); end the cell with `plt.show()`.
"""

import math
import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from chainrule.errors import ChainruleError
from chainrule.plotting import COLOURS, INK

__all__ = ["draw_receptive_field", "draw_volumes", "draw_windows", "receptive_fields", "show_numbers", "time_ratio"]


def show_numbers(matrices, boxes=None, fmt="g", cmap="Blues", inch=0.42):
    """Small matrices side by side, their numbers in their cells; the array of axes.

    matrices: a dict of title to (H, W) numbers. boxes: a dict of title to (row, column, height, width) of a window to
    be outlined in that matrix, or a list of several; the second and later ones are dashed.
    """
    arrays = {title: np.atleast_2d(np.asarray(values)) for title, values in matrices.items()}
    for title, values in arrays.items():
        if values.ndim != 2:
            raise ChainruleError(f"show_numbers: expected two dimensions, got {values.shape} for {title!r}")
    widths, rows = [values.shape[1] + 0.6 for values in arrays.values()], max(len(v) for v in arrays.values())
    size = (inch * sum(widths) + 0.3, inch * rows + 0.5)
    fig, axes = plt.subplots(1, len(arrays), figsize=size, width_ratios=widths, squeeze=False, layout="constrained")
    for ax, (title, values) in zip(axes[0], arrays.items(), strict=True):
        limit = np.max(np.abs(values), initial=0) or 1
        low = -limit if cmap.startswith(("RdBu", "PuOr")) else 0
        # The darkest shade stays pale enough for black numbers.
        ax.imshow(values, cmap=cmap, vmin=low * 2, vmax=limit * 2)
        for (row, col), value in np.ndenumerate(values):
            ax.text(col, row, format(value, fmt), ha="center", va="center", color="#111111", fontsize=9)
        _grid(ax, values.shape)
        ax.set_title(title, color=INK, fontsize=10)
        _outline(ax, (boxes or {}).get(title, []))
    return axes[0]


def draw_windows(image, kernel, stride, pad, ax=None):
    """An image in its frame of zeros with all places of a window's upper left corner; the axes.

    image and kernel: (height, width). The first window is outlined, and the next one to the right and the next one
    down are dashed. A dot marks the upper left corner of every position.
    """
    (H, W), (HH, WW) = image, kernel
    frame = H + 2 * pad, W + 2 * pad
    if frame[0] < HH or frame[1] < WW:
        raise ChainruleError(f"draw_windows: expected the kernel {kernel} to fit into {image} with pad {pad}")
    pixels = np.zeros(frame)
    pixels[pad : pad + H, pad : pad + W] = 1
    if ax is None:
        _, ax = plt.subplots(figsize=(0.35 * pixels.shape[1] + 0.4, 0.35 * pixels.shape[0] + 0.7), layout="constrained")
    ax.imshow(pixels, cmap="Blues", vmin=0, vmax=4)
    _grid(ax, pixels.shape)
    for row, col in np.argwhere(pixels == 0):
        ax.text(col, row, "0", ha="center", va="center", color="#777777", fontsize=8)
    rows = range(0, pixels.shape[0] - HH + 1, stride)
    cols = range(0, pixels.shape[1] - WW + 1, stride)
    for row in rows:
        ax.plot(cols, [row] * len(cols), "o", color=COLOURS[1], markersize=5, zorder=5)
    boxes = [(0, 0, HH, WW)]
    boxes += [(0, stride, HH, WW)] if len(cols) > 1 else []
    boxes += [(stride, 0, HH, WW)] if len(rows) > 1 else []
    _outline(ax, boxes)
    ax.set_title(f"pad {pad}, stride {stride}: {len(rows)} x {len(cols)}", color=INK, fontsize=10)
    return ax


def draw_volumes(volumes, ax=None):
    """The arrays of a network from left to right, as boxes; the axes.

    volumes: a list of (text on the layer, (C, H, W) or (D,)). The box is as high as H; its width grows with the
    logarithm of C, as the numbers would not fit otherwise.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(min(11, 1.6 * len(volumes) + 0.5), 2.9), layout="constrained")
    largest = max(shape[-1] for _, shape in volumes if len(shape) == 3)
    for position, (text, shape) in enumerate(volumes):
        flat = len(shape) == 1
        height = 0.25 + 0.25 * math.log10(shape[0]) if flat else shape[1] / largest
        width = 0.08 if flat else 0.12 + 0.16 * math.log10(shape[0])
        box = Rectangle((position - width / 2, -height / 2), width, height, facecolor=COLOURS[4 if flat else 5])
        ax.add_patch(box)
        ax.text(position, 0.56, text, ha="center", va="bottom", color=INK, fontsize=9)
        ax.text(position, -0.56, " x ".join(map(str, shape)), ha="center", va="top", color=INK, fontsize=9)
        if position:
            ax.annotate(
                "", (position - 0.28, 0), (position - 0.72, 0), arrowprops={"arrowstyle": "->", "color": "#777777"}
            )
    ax.set(xlim=(-0.6, len(volumes) - 0.4), ylim=(-0.8, 0.95))
    ax.axis("off")
    return ax


def receptive_fields(layers):
    """How many pixels along one axis a unit depends on, after each layer; a list of ints.

    layers: a list of (kernel, stride) from the image on, convolutions and pools alike. A layer adds kernel - 1
    steps, and a step is as many pixels as the strides before it multiply to.
    """
    size, step, sizes = 1, 1, []
    for kernel, stride in layers:
        size += (kernel - 1) * step
        step *= stride
        sizes.append(size)
    return sizes


def draw_receptive_field(layers, names=None, ax=None):
    """One unit of the last layer (top) and all it depends on, down to the pixels (bottom), along one axis; the axes."""
    spans = [(0, 0)]  # the first and last unit of each layer, from the top down
    for kernel, stride in reversed(layers):
        first, last = spans[-1]
        spans.append((first * stride, last * stride + kernel - 1))
    spans.reverse()
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 0.65 * len(spans) + 0.3), layout="constrained")
    names = ["pixels", *(names or [f"{k} wide, stride {s}" for k, s in layers])]
    # Where a unit stands over the pixels: at the middle of its window.
    places = [np.arange(spans[0][1] + 1.0)]
    for kernel, stride in layers:
        starts = np.arange(0, len(places[-1]) - kernel + 1, stride)
        places.append(np.array([places[-1][start : start + kernel].mean() for start in starts]))
    for level, (kernel, stride) in enumerate(layers):
        for unit, position in enumerate(places[level + 1]):
            for below in places[level][unit * stride : unit * stride + kernel]:
                ax.plot([below, position], [level, level + 1], color="#BBBBBB", linewidth=0.8, zorder=1)
    for level, xs in enumerate(places):
        ax.plot(xs, np.full(len(xs), level), "o", color=COLOURS[0 if level else 1], markersize=7, zorder=2)
        ax.text(-1, level, f"{names[level]}: {len(xs)}", ha="right", va="center", color=INK, fontsize=9)
    ax.set(xlim=(-1, spans[0][1] + 0.5), ylim=(-0.4, len(layers) + 0.4))
    ax.axis("off")
    return ax


def time_ratio(slow, fast, rounds=5):
    """How many times as long `slow()` takes as `fast()`; they take turns, and the shortest time of each counts."""
    seconds = {slow: [], fast: []}
    for _ in range(rounds):
        for run, times in seconds.items():
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    return min(seconds[slow]) / min(seconds[fast])


def _grid(ax, shape):
    """Thin lines between the cells, and no ticks."""
    ax.set_xticks(np.arange(-0.5, shape[1]), minor=True)
    ax.set_yticks(np.arange(-0.5, shape[0]), minor=True)
    ax.set(xticks=[], yticks=[])
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)


def _outline(ax, boxes):
    boxes = [boxes] if isinstance(boxes, tuple) else boxes
    for number, (row, col, height, width) in enumerate(boxes):
        colour, line = (COLOURS[1], "-") if number == 0 else (COLOURS[(1 + number) % len(COLOURS)], "--")
        look = {"edgecolor": colour, "linestyle": line, "linewidth": 2.5}
        # Above the grid, and whole where it runs along the edge of the picture.
        ax.add_patch(Rectangle((col - 0.5, row - 0.5), width, height, fill=False, zorder=4, clip_on=False, **look))

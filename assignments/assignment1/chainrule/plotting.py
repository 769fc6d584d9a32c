"""Draw what a notebook needs to look at, in one calm style that colour-blind readers can tell apart.

Pictures: `show_images` (a grid of images), `show_templates` (the columns of a weight matrix as images),
`plot_distances` (a matrix of distances). Curves: `plot_history` (losses), `plot_cross_validation` (accuracy
against k, with error bars). Tables: `show_confusion` (which class is taken for which), `plot_heatmap` (a
search over two hyper-parameters). For other pictures: `styled_axes`, `moving_average`.

Grids of pictures return the figure, the others the axes; those take `ax` to draw beside something else. As
the last line of a notebook cell write `plt.show()`: otherwise Jupyter prints the returned object, too.
"""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from chainrule.errors import ChainruleError

__all__ = [
    "COLOURS",
    "INK",
    "MARKERS",
    "STYLES",
    "TEXT",
    "moving_average",
    "plot_cross_validation",
    "plot_distances",
    "plot_heatmap",
    "plot_history",
    "show_confusion",
    "show_images",
    "show_templates",
    "styled_axes",
]

# Okabe and Ito's colours, which stay apart for colour-blind readers, and line styles for everyone else.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
MARKERS = "osD^vP"
INK = "#333333"  # the colour of text and lines
TEXT = 10  # points
BLANK = "–"  # in the place of NaN


def show_images(images, labels=None, num_cols=10, title=None, cmap="gray"):
    """A grid of images (N, H, W), (N, 3, H, W), or flat rows (N, 64) or (N, 3072); the figure.

    labels are N names or numbers, written above the images. Colour values in 0..1 or 0..255 are shown as
    they are; all others (grey ones, images without their mean) are stretched from the least to the greatest.
    """
    pixels = _to_pixels(images)
    if labels is not None and len(labels) != len(pixels):
        raise ChainruleError(f"show_images: expected {len(pixels)} labels, got {len(labels)}")
    return _mosaic(pixels, labels, min(num_cols, len(pixels)), title, cmap=cmap, vmin=0, vmax=1)


def show_templates(W, class_names, shape, num_cols=5, title=None):
    """The columns of W (D, C) as images of `shape`, (H, W) or (3, H, W), named by class; the figure.

    A last row of W beyond D, the weights of the bias trick, is left out. All classes share one scale,
    symmetric about 0: grey templates are blue below 0, white at 0, red above; colour ones mid-grey at 0.
    """
    W, size = np.asarray(W, dtype=np.float64), math.prod(shape)
    if W.ndim != 2 or W.shape[0] not in (size, size + 1) or W.shape[1] != len(class_names):
        expected = f"({size} or {size + 1}, {len(class_names)})"
        raise ChainruleError(f"show_templates: expected W of shape {expected} for images {shape}, got {W.shape}")
    templates = W[:size].T.reshape(-1, *shape)
    limit = np.max(np.abs(templates), initial=0) or 1.0
    num_cols = min(num_cols, len(class_names))
    if len(shape) == 3:
        return _mosaic((templates / limit + 1).transpose(0, 2, 3, 1) / 2, class_names, num_cols, title)
    fig = _mosaic(templates, class_names, num_cols, title, cmap="RdBu_r", vmin=-limit, vmax=limit)
    bar = fig.colorbar(fig.axes[0].images[0], ax=fig.axes[0], shrink=0.8, label="weight")
    bar.outline.set_visible(False)
    return fig


def plot_history(history, smooth=1, xlabel="iteration", ylabel="loss", title=None, ax=None):
    """One curve for a list of numbers, or several for a dict of name to list; the axes.

    smooth > 1 draws the mean over that many values, placed at the last of them, over the curve in pale.
    """
    curves = history if isinstance(history, dict) else {None: history}
    ax = styled_axes(ax, xlabel=xlabel, ylabel=ylabel, title=title)
    for k, (name, values) in enumerate(curves.items()):
        values = np.asarray(values, dtype=np.float64)
        look = {"color": COLOURS[k % len(COLOURS)], "linestyle": STYLES[k % len(STYLES)], "label": name}
        if 1 < smooth <= len(values):
            ax.plot(values, color=look["color"], alpha=0.25, linewidth=1)
            ax.plot(*moving_average(values, smooth), linewidth=2, **look)
        else:
            ax.plot(values, linewidth=1.5, **look)
    if isinstance(history, dict) and history:
        ax.legend(frameon=False)
    return ax


def plot_cross_validation(results, xlabel="k", ylabel="accuracy", title=None, ax=None):
    """Accuracies for each k, one a fold, with mean +- standard deviation; results is a dict; the axes.

    The k with the best mean (the least of them, on a tie) is marked.
    """
    if not results:
        raise ChainruleError("plot_cross_validation: expected a dict of k to accuracies, got an empty one")
    ks = sorted(results)
    means, stds = (np.array([measure(results[k]) for k in ks]) for measure in (np.mean, np.std))
    best = int(np.argmax(means))
    ax = styled_axes(ax, xlabel=xlabel, ylabel=ylabel, title=title)
    for position, k in enumerate(ks):
        ax.plot([position] * len(results[k]), results[k], "o", color=COLOURS[5], alpha=0.6, markersize=5)
    # Evenly spaced, since the values tried usually grow by factors.
    ax.errorbar(range(len(ks)), means, yerr=stds, color=COLOURS[0], capsize=4, linewidth=1.5)
    ax.plot(best, means[best], "D", color=COLOURS[1], markersize=8, label=f"best: {ks[best]:g} ({means[best]:.3f})")
    ax.set_xticks(range(len(ks)), [f"{k:g}" for k in ks])
    ax.legend(frameon=False)
    return ax


def show_confusion(y_true, y_pred, class_names, title=None, ax=None):
    """How many images of each class (row) were taken for each class (column); the axes.

    The shade is the part of the row, so a rare class looks like a frequent one.
    """
    y_true, y_pred, C = np.asarray(y_true), np.asarray(y_pred), len(class_names)
    if y_true.shape != y_pred.shape or y_true.ndim != 1:
        raise ChainruleError(f"show_confusion: expected two arrays (N,), got {y_true.shape} and {y_pred.shape}")
    labels = np.append(y_true, y_pred)
    if labels.size and not 0 <= labels.min() <= labels.max() < C:
        got = f"{labels.min()}..{labels.max()}"
        raise ChainruleError(f"show_confusion: expected labels in 0..{C - 1}, got {got}; give all class_names")
    counts = np.zeros((C, C), dtype=int)
    np.add.at(counts, (y_true, y_pred), 1)
    parts = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    ax = styled_axes(ax, (0.55 * C + 2, 0.5 * C + 1.5), "predicted class", "true class", title, grid=False)
    image = ax.imshow(parts, cmap="Blues", vmin=0, vmax=1)
    _label_cells(image, class_names, class_names, [[str(n or "") for n in row] for row in counts])
    return ax


def plot_heatmap(values, row_labels, col_labels, row_name="", col_name="", title=None, fmt=".3f", ax=None):
    """A table (R, C) of numbers such as accuracies, shaded, the greatest outlined; NaN is blank; the axes."""
    values = np.asarray(values, dtype=np.float64)
    if values.shape != (len(row_labels), len(col_labels)):
        expected = (len(row_labels), len(col_labels))
        raise ChainruleError(f"plot_heatmap: expected values of shape {expected}, as the labels, got {values.shape}")
    size = (0.8 * len(col_labels) + 2, 0.5 * len(row_labels) + 1.5)
    ax = styled_axes(ax, size, col_name, row_name, title, grid=False)
    image = ax.imshow(values, cmap="cividis", aspect="auto")
    texts = [[BLANK if np.isnan(value) else format(value, fmt) for value in row] for row in values]
    _label_cells(image, row_labels, col_labels, texts)
    if not np.isnan(values).all():
        row, col = np.unravel_index(np.nanargmax(values), values.shape)
        ax.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=COLOURS[1], linewidth=3))
    return ax


def plot_distances(dists, xlabel="training image", ylabel="test image", title=None, ax=None):
    """A matrix of distances (num_test, num_train) as an image, dark for near; the axes."""
    dists = np.asarray(dists, dtype=np.float64)
    if dists.ndim != 2:
        raise ChainruleError(f"plot_distances: expected (num_test, num_train), got shape {dists.shape}")
    ax = styled_axes(ax, (9, 4), xlabel, ylabel, title, grid=False)
    image = ax.imshow(dists, cmap="cividis", aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="distance").outline.set_visible(False)
    return ax


def styled_axes(ax=None, figsize=(7, 4), xlabel="", ylabel="", title=None, grid=True, label_size=TEXT + 1):
    """The axes `ax`, or new ones of figsize inches, in the style of the course: no frame, pale grid, grey text.

    label_size: of the texts beside the axes, in points.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, colors=INK, labelsize=TEXT)
    if grid:
        ax.grid(color="#DDDDDD", linewidth=0.8)
        ax.set_axisbelow(True)
    for text, set_label in ((xlabel, ax.set_xlabel), (ylabel, ax.set_ylabel)):
        if text:
            set_label(text, color=INK, fontsize=label_size)
    if title:
        ax.set_title(title, color=INK, fontsize=TEXT + 2, loc="left")
    return ax


def moving_average(values, window):
    """The means over `window` successive values: (index of the last of each, means), (N - window + 1,) each."""
    return np.arange(window - 1, len(values)), np.convolve(values, np.full(window, 1 / window), mode="valid")


def _label_cells(image, row_labels, col_labels, texts):
    """Names beside the image of a table, and texts in its cells, black or white, whichever stands out more."""
    ax, rows, cols = image.axes, _names(row_labels), _names(col_labels)
    turn = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, cols), default=0) > 5 else {}
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks(range(len(cols)), cols, **turn)
    # Luminance as in WCAG 2, its curve taken as a power; white stands out more below 0.19.
    luminance = image.to_rgba(image.get_array())[..., :3] ** 2.2 @ (0.2126, 0.7152, 0.0722)
    for (row, col), light in np.ndenumerate(luminance):
        colour = "white" if light < 0.19 and texts[row][col] != BLANK else "#111111"
        ax.text(col, row, texts[row][col], ha="center", va="center", color=colour, fontsize=TEXT - 1)


def _names(labels):
    return [label if isinstance(label, str) else f"{label:g}" for label in labels]


def _to_pixels(images):
    """Images in any of the accepted shapes as (N, H, W) or (N, H, W, 3) in 0..1."""
    images = np.asarray(images, dtype=np.float64)
    if images.ndim == 2:
        images = _unflatten(images)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[1] not in (1, 3)):
        raise ChainruleError(
            f"show_images: expected (N, H, W), (N, 3, H, W) or rows of squares (N, D), got {images.shape}"
        )
    if not len(images):
        raise ChainruleError("show_images: expected at least one image, got none")
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    low, high = images.min(), images.max()
    if images.ndim == 4 and low >= 0 and high <= 255:
        low, high = 0, 1 if high <= 1 else 255
    pixels = (images - low) / (high - low or 1)
    return pixels.transpose(0, 2, 3, 1) if pixels.ndim == 4 else pixels


def _unflatten(rows):
    """Rows (N, s * s) as (N, s, s), or (N, 3 * s * s) as (N, 3, s, s); 3 s^2 is never itself a square."""
    for planes in ((), (3,)):
        side = math.isqrt(rows.shape[1] // math.prod(planes))
        if math.prod(planes) * side * side == rows.shape[1]:
            return rows.reshape(-1, *planes, side, side)
    return rows


def _mosaic(pixels, labels, num_cols, title, **look):
    """The figure of a grid of images, all on one pair of axes: a hundred axes would take seconds to draw."""
    num_rows, (height, width) = -(-len(pixels) // num_cols), pixels.shape[1:3]
    ratio, head = height / width, 0.0 if labels is None else 0.28
    step, gap = ratio + head + 0.08, 0.04
    inch = min(1.2, 11 / num_cols) if labels is None else max(1.0, min(1.4, 11 / num_cols))
    figsize = (inch * num_cols + 0.2, inch * num_rows * step + (0.6 if title else 0.2))
    fig, ax = plt.subplots(figsize=figsize, layout="constrained")
    for k, image in enumerate(pixels):
        row, col = divmod(k, num_cols)
        top = row * step + head
        ax.imshow(image, extent=(col + gap, col + 1 - gap, top + ratio - gap, top + gap), **look)
        if labels is not None:
            ax.text(col + 0.5, top, str(labels[k]), ha="center", va="bottom", color=INK, fontsize=TEXT)
    ax.set(xlim=(0, num_cols), ylim=(num_rows * step, 0), aspect="equal")
    ax.axis("off")
    if title:
        ax.set_title(title, color=INK, fontsize=TEXT + 2, loc="left")
    return fig

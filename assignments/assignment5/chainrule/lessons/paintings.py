"""Photographs, and pictures that are made by moving their pixels.

`load_photograph` reads one of scikit-learn's two photographs. `paint` follows the gradient of a loss on the pixels and
records the losses; `noise` is a picture to start from. `recipe` makes targets and weights for style transfer.
`show_pictures` puts pictures beside each other, `show_grams` Gram matrices, `plot_losses` draws the losses of a
painting. Pictures return the figure; end a notebook cell with `plt.show()`.
"""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image
from tqdm import tqdm

from chainrule.errors import ChainruleError
from chainrule.optim import cosine_decay
from chainrule.plotting import COLOURS, INK, STYLES, TEXT, styled_axes

__all__ = [
    "PHOTOGRAPHS",
    "Painting",
    "load_photograph",
    "noise",
    "paint",
    "plot_losses",
    "recipe",
    "show_grams",
    "show_pictures",
]

PHOTOGRAPHS = ("china", "flower")
TERMS = ("content", "style", "tv")


class Painting(NamedTuple):
    """What `paint` made: img (N, 3, H, W) in 0..1, and history, the losses before each step by name."""

    img: np.ndarray
    history: dict


def load_photograph(name, height=96):
    """A photograph as (1, 3, height, width) in float32, 0..1; name "china" or "flower".

    They are 640 x 427 pixels; the width is 3/2 of the height, to the next multiple of 8. height: a multiple of 8.
    """
    if name not in PHOTOGRAPHS:
        raise ChainruleError(f"load_photograph: expected one of {', '.join(PHOTOGRAPHS)}, got {name!r}")
    if height < 8 or height % 8:
        raise ChainruleError(f"load_photograph: expected a height divisible by 8, got {height}")
    pixels = Image.fromarray(load_sample_image(f"{name}.jpg"))
    pixels = pixels.resize((8 * round(height * 1.5 / 8), height), Image.Resampling.LANCZOS)
    return np.asarray(pixels, np.float32).transpose(2, 0, 1)[None] / 255


def noise(shape, seed=0):
    """Pixels drawn from 0.3..0.7, each colour by itself, in float32."""
    return np.random.default_rng(seed).uniform(0.3, 0.7, shape).astype(np.float32)


def paint(img, loss, step, num_steps=100, learning_rate=0.05, name="painting", progress=True):
    """Move the pixels of img downhill; a `Painting`. img itself is left as it is.

    loss(img) -> ((content, style, tv), dimg); step(img, dimg, config) -> (next_img, config). The learning rate in
    config falls along half a cosine to 0. It stops with an error where a loss is not finite.
    """
    history, config = {term: [] for term in TERMS}, {}
    for t in tqdm(range(num_steps), desc=name, leave=False, disable=not progress):
        losses, dimg = loss(img)
        if not np.all(np.isfinite(losses)):
            raise ChainruleError(f"paint: expected finite losses, got {losses} at step {t}; check the gradient's sign")
        for term, value in zip(TERMS, losses, strict=True):
            history[term].append(float(value))
        img, config = step(img, dimg, config | {"learning_rate": cosine_decay(learning_rate, t, num_steps)})
    return Painting(img, history)


def recipe(model, content, style, gram_matrix, content_layer, style_layers, style_weight=1.0, tv_weight=5e-5):
    """The arguments of `style_transfer_loss` beside the image and the model, as a dict.

    content, style: photographs (1, 3, H, W). The layers are indices in model.layers. The weights make losses of
    different nets comparable: a picture whose maps are all 0 has the content loss 1, and the style loss style_weight
    for each layer.
    """
    names = model.layers[: 1 + max([content_layer, *style_layers])]
    maps = model.features(content, names)[0][content_layer]
    feats = model.features(style, names)[0]
    targets = [gram_matrix(feats[k]) for k in style_layers]
    return {
        "content_layer": content_layer,
        "content_target": maps,
        "content_weight": 1 / float(np.sum(maps**2)),
        "style_layers": list(style_layers),
        "style_targets": targets,
        "style_weights": [style_weight / float(np.sum(target**2)) for target in targets],
        "tv_weight": tv_weight,
    }


def show_pictures(pictures, titles=None, num_cols=3, inches=3.6):
    """Pictures (1, 3, H, W) or (3, H, W) in 0..1 beside each other, each so many inches wide; the figure."""
    pictures = [np.asarray(picture).reshape(np.shape(picture)[-3:]).transpose(1, 2, 0) for picture in pictures]
    num_cols = min(num_cols, len(pictures))
    num_rows = -(-len(pictures) // num_cols)
    height = inches * max(p.shape[0] / p.shape[1] for p in pictures) + (0.3 if titles else 0.08)
    fig, axes = plt.subplots(
        num_rows, num_cols, figsize=(inches * num_cols, height * num_rows), squeeze=False, layout="constrained"
    )
    for ax in axes.flat:
        ax.axis("off")
    for k, (ax, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        ax.imshow(np.clip(picture, 0, 1))
        if titles:
            ax.set_title(titles[k], color=INK, fontsize=11)
    return fig


def show_grams(grams, titles, num_cols=4, inches=2.7):
    """Gram matrices (1, C, C) as pictures; the figure.

    0 is white. The largest entry of all matrices of one size is darkest; the shade grows with the square root, so that
    small entries show, too.
    """
    grams = [np.sqrt(np.abs(gram)).reshape(np.shape(gram)[-2:]) for gram in grams]
    tops = {len(gram): max(np.max(g) for g in grams if len(g) == len(gram)) for gram in grams}
    num_cols = min(num_cols, len(grams))
    num_rows = -(-len(grams) // num_cols)
    fig, axes = plt.subplots(
        num_rows, num_cols, figsize=(inches * num_cols, (inches + 0.5) * num_rows), squeeze=False, layout="constrained"
    )
    for ax in axes.flat[len(grams) :]:
        ax.axis("off")
    for ax, gram, title in zip(axes.flat, grams, titles, strict=False):
        ax.imshow(gram, cmap="Blues", vmin=0, vmax=tops[len(gram)])
        ax.set_title(title, color=INK, fontsize=11)
        ax.set(xticks=[], yticks=[])
        ax.set_xlabel("channel j", color=INK)
        ax.spines[:].set_color("#BBBBBB")
    for ax in axes[:, 0]:
        ax.set_ylabel("channel i", color=INK)
    return fig


def plot_losses(histories, title=None):
    """The losses of one painting by name, or of several {name: history}, on a logarithmic scale; the figure.

    Terms that stay 0 are left out; each term has its own axes.
    """
    histories = {None: histories} if set(histories) == set(TERMS) else histories
    terms = [term for term in TERMS if any(max(h[term]) > 0 for h in histories.values())]
    fig, axes = plt.subplots(1, len(terms), figsize=(3.6 * len(terms), 2.6), squeeze=False, layout="constrained")
    for ax, term in zip(axes[0], terms, strict=True):
        for k, (name, history) in enumerate(histories.items()):
            if max(history[term]) > 0:
                # The first picture may have a loss of exactly 0, which has no logarithm.
                curve = np.where(np.array(history[term]) > 0, history[term], np.nan)
                ax.plot(curve, color=COLOURS[k % 6], linestyle=STYLES[k % 6], label=name)
        ax.set_yscale("log")
        styled_axes(ax, xlabel="step", label_size=TEXT).set_title(term, color=INK, fontsize=11, loc="left")
        ax.tick_params(length=0, colors=INK, which="minor")
    axes[0][0].set_ylabel("loss, weight included", color=INK)
    if None not in histories:
        axes[0][-1].legend(frameon=False)
    if title:
        fig.suptitle(title, color=INK, fontsize=12)
    return fig

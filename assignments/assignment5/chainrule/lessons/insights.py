"""Looking into a trained net: long loops, measures and pictures for visualization.ipynb.

`feature_rows` and `strongest` show what layers and units answer to; `share_on` measures how much of a map lies on the
object. `fool_all`, `to_bytes` and `StoredView` try out fooling images. `SteadyView` looks at a picture through a shaky
hand, and `alike` names the silhouette that a picture resembles most. `scatter_digits`, `pooled_features` and
`learning_curve` put a net to use on new images. `show_rows` draws rows of pictures with their names.
"""

import matplotlib.pyplot as plt
import numpy as np

from chainrule.linear import Softmax
from chainrule.plotting import INK
from chainrule.shapes import COLOURS, make_shape_masks, make_shapes

__all__ = [
    "SteadyView",
    "StoredView",
    "alike",
    "feature_rows",
    "fool_all",
    "learning_curve",
    "pooled_features",
    "predict",
    "scatter_digits",
    "share_on",
    "show_rows",
    "strongest",
    "to_bytes",
]

CHUNK = 100  # images that go through a net at once, to keep memory small


def predict(model, X):
    """The class with the highest score for every image: (N,) ints."""
    return np.concatenate([model.forward(part)[0].argmax(axis=1) for part in _chunks(X)])


def show_rows(rows, labels=None, cmap="gray", inch=1.05):
    """A row of pictures for every name in {name: images (N, 3, H, W) or (N, H, W)}; the figure.

    labels: N words, above the first row, or {name: N words}. A row of grey maps is stretched from its own least to its
    own greatest value, each picture for itself.
    """
    columns = max(len(images) for images in rows.values())
    labels = labels if isinstance(labels, dict) else {next(iter(rows)): labels}
    heights = [1.25 if labels.get(name) is not None else 1.13 for name in rows]
    size = (inch * columns + 1.3, inch * sum(heights))
    fig, axes = plt.subplots(
        len(rows), columns, figsize=size, height_ratios=heights, squeeze=False, layout="constrained"
    )
    for row, (name, images) in zip(axes, rows.items(), strict=True):
        for k, ax in enumerate(row):
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if k < len(images):
                _show(ax, np.asarray(images[k], dtype=float), cmap)
                if labels.get(name) is not None:
                    ax.set_title(str(labels[name][k]), fontsize=9, color=INK)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10, color=INK)
    fig.get_layout_engine().set(h_pad=0.06)
    return fig


def feature_rows(model, X, num=8):
    """{layer: the num maps (num, H', W') that answer most strongly to the one image X (1, C, H, W)}."""
    maps, _ = model.features(X, model.layers)
    return {
        f"{name} {m.shape[2]}x{m.shape[3]}": m[0, np.argsort(-m[0].max(axis=(1, 2)), kind="stable")[:num]]
        for name, m in zip(model.layers, maps, strict=True)
    }


def strongest(model, X, layer, num=8):
    """The images that excite each unit of a layer most, the strongest first: their numbers in X, (units, num)."""
    means = np.concatenate([model.features(part, (layer,))[0][0].mean(axis=(2, 3)) for part in _chunks(X)])
    return np.argsort(-means, axis=0, kind="stable")[:num].T


def share_on(maps, masks):
    """For each image the share of a map's sum that lies on the object; maps >= 0 and masks in 0..1 are (N, H, W)."""
    return np.sum(maps * masks, axis=(1, 2)) / np.sum(maps, axis=(1, 2))


def fool_all(make_fooling_image, X, model, most, **options):
    """A fooling image for each image of X, seen by a `StoredView` of it: (images, targets), the images in 255ths.

    The target is the class with the second highest score. No pixel changes by more than `most` 255ths.
    """
    targets = np.argsort(model.forward(X)[0], axis=1)[:, -2]
    fooling = []
    for image, target in zip(X, targets, strict=True):
        view = StoredView(model, image[None], most)
        fooling.append(view.picture(make_fooling_image(image[None], target, view, **options)))
    return np.concatenate(fooling), targets


def to_bytes(X):
    """Images as a file would keep them: clipped to 0..1 and rounded to 255ths."""
    return np.round(np.clip(X, 0, 1) * 255) / 255


class StoredView:
    """A model that looks at images near X, and as a file would keep them; its scores are log probabilities.

    `picture` brings an image to at most `most` 255ths from X in every pixel, and then `to_bytes`. The gradient is that
    at this picture.
    """

    def __init__(self, model, X, most):
        self.model, self.low, self.high = model, np.maximum(X - most / 255, 0), np.minimum(X + most / 255, 1)

    def picture(self, X):
        return to_bytes(np.clip(X, self.low, self.high))

    def forward(self, X):
        scores, cache = self.model.forward(self.picture(X))
        log_probs = _log_softmax(scores)
        return log_probs, (cache, np.exp(log_probs))

    def backward(self, dscores, cache):
        cache, probs = cache
        return self.model.backward(dscores - probs * dscores.sum(axis=1, keepdims=True), cache)


class SteadyView:
    """A model seen through a shaky hand: what pleases it has to please it shifted and noisy, too, and in grey.

    forward shifts the image by up to `shift` pixels at random (what leaves on one side comes in on the other) and adds
    noise; its scores are log softmax(scores / temperature). backward undoes the shift, and gives all channels
    their mean gradient. rng: a numpy.random.Generator.
    """

    def __init__(self, model, rng, shift=4, noise=0.1, temperature=10.0):
        self.model, self.rng, self.shift, self.noise, self.temperature = model, rng, shift, noise, temperature

    def forward(self, X):
        step = tuple(self.rng.integers(-self.shift, self.shift + 1, 2))
        scores, cache = self.model.forward(np.roll(X, step, (2, 3)) + self.noise * self.rng.normal(size=X.shape))
        log_probs = _log_softmax(scores / self.temperature)
        return log_probs, (cache, step, np.exp(log_probs))

    def backward(self, dscores, cache):
        cache, step, probs = cache
        dscores = dscores - probs * dscores.sum(axis=1, keepdims=True)
        dX = self.model.backward(dscores, cache)
        dX = np.broadcast_to(dX.mean(axis=1, keepdims=True), dX.shape)
        return np.roll(dX, (-step[0], -step[1]), (2, 3))


def alike(images, num=4000, seed=5):
    """The class of the silhouette that each picture (N, 3, 32, 32) resembles most, (N,) ints, and how much (-1..1).

    Compared with the silhouettes of num drawn shapes of all places and sizes, by correlation of the grey values.
    """
    _, y = make_shapes(num, seed)
    likeness = _standardised(np.asarray(images).mean(axis=1)) @ _standardised(make_shape_masks(num, seed)).T
    best = likeness.argmax(axis=1)
    return y[best], likeness[np.arange(len(best)), best]


def scatter_digits(images, seed=0):
    """8x8 digits (N, 8, 8) in 0..16 as (N, 3, 32, 32): doubled in size, in any place and colour, on dark grounds."""
    rng = np.random.default_rng(seed)
    X = np.tile(rng.uniform(0, 0.3, (len(images), 3, 1, 1)), (1, 1, 32, 32))
    colours = np.array(list(COLOURS.values()))[rng.integers(len(COLOURS), size=len(images))]
    for out, image, colour, (row, col) in zip(X, images, colours, rng.integers(0, 17, (len(images), 2)), strict=True):
        ink = np.kron(image / 16, np.ones((2, 2)))
        window = out[:, row : row + 16, col : col + 16]
        window += ink * (colour[:, None, None] - window)
    return X


def pooled_features(model, X, layers=("conv3", "conv4")):
    """For every map of the layers its mean and its maximum over the pixels: (N, D) float64."""
    parts = []
    for part in _chunks(X):
        maps, _ = model.features(part, layers)
        parts.append(np.concatenate([f(m, axis=(2, 3)) for m in maps for f in (np.mean, np.max)], axis=1))
    return np.concatenate(parts).astype(np.float64)


def learning_curve(train, y_train, test, y_test, counts):
    """{k: test accuracy} of a linear softmax classifier that learns from k images a class; train and test are (N, D).

    The features are standardised by the training images used, and a 1 is appended; seeded.
    """
    accuracies = {}
    for k in counts:
        used = np.concatenate([np.flatnonzero(y_train == label)[:k] for label in np.unique(y_train)])
        mean, spread = train[used].mean(axis=0), train[used].std(axis=0) + 0.01 * train[used].std()
        rows, tested = (np.c_[(F - mean) / spread, np.ones(len(F))] / np.sqrt(F.shape[1]) for F in (train[used], test))
        np.random.seed(0)
        classifier = Softmax()
        classifier.train(rows, y_train[used], learning_rate=1.0, reg=1e-3, num_iters=400, batch_size=100)
        accuracies[k] = float(np.mean(classifier.predict(tested) == y_test))
    return accuracies


def _chunks(X):
    return [X[start : start + CHUNK] for start in range(0, len(X), CHUNK)]


def _log_softmax(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _standardised(images):
    rows = images.reshape(len(images), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _show(ax, image, cmap):
    if image.ndim == 3:
        ax.imshow(np.clip(image.transpose(1, 2, 0), 0, 1))
    else:
        ax.imshow(image, cmap=cmap)

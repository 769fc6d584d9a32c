"""Draw pictures of shapes: a data set of any size that needs no download.

`make_shapes` draws one object a picture, to be classified; `make_captioned_shapes` draws two, with a caption
such as "a small red circle left of a blue square" that is true by construction. Both are fully determined by
the seed. Pictures are (N, 3, size, size) float64 in 0..1.
"""

from typing import NamedTuple

import numpy as np

from chainrule.errors import DataError

__all__ = [
    "COLOURS",
    "RELATIONS",
    "SHAPES",
    "SIZES",
    "CaptionedShapes",
    "Scene",
    "Thing",
    "make_captioned_shapes",
    "make_coloured_shapes",
    "make_shape_masks",
    "make_shapes",
]

COLOURS = {
    "red": (0.90, 0.15, 0.15),
    "green": (0.15, 0.75, 0.25),
    "blue": (0.20, 0.40, 0.95),
    "yellow": (0.95, 0.85, 0.15),
    "purple": (0.60, 0.20, 0.80),
    "cyan": (0.20, 0.85, 0.90),
    "pink": (1.00, 0.60, 0.75),
    "white": (0.97, 0.97, 0.97),
}
SIZES = ("small", "large")
# Where the first object lies, seen from the second: the step in x (to the right) and in y (down).
RELATIONS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}
# Radius in pixels of a 32 x 32 picture, from and to, for each size.
ALONE = ((6.0, 8.0), (10.0, 12.5))
PAIRED = ((4.2, 4.8), (6.4, 7.0))
OPPOSITES = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
SUBPIXELS = 3  # a pixel's coverage is counted on 3 x 3 points
CHUNK = 200  # pictures drawn at once, to keep memory small


class Thing(NamedTuple):
    """One object of a picture: its words, and its centre and radius in pixels (x to the right, y down)."""

    size: str
    colour: str
    shape: str
    x: float
    y: float
    radius: float


class Scene(NamedTuple):
    """What is in a picture: the first object is `relation` the second; str() of it is the caption."""

    first: Thing
    relation: str
    second: Thing

    def __str__(self):
        a, b = self.first, self.second
        return f"a {a.size} {a.colour} {a.shape} {self.relation} a {b.colour} {b.shape}"

    def turned(self):
        """The same scene told from its other object; its caption is as true."""
        return Scene(self.second, OPPOSITES[self.relation], self.first)


class CaptionedShapes(NamedTuple):
    """images (N, 3, size, size) float64 in 0..1, with a caption and a `Scene` for each."""

    images: np.ndarray
    captions: list[str]
    scenes: list[Scene]


def make_shapes(num, seed=0, size=32):
    """num pictures of one shape each, as (X, y): X (num, 3, size, size) float64 in 0..1, y (num,) int64.

    y counts in SHAPES; the classes are as even as num allows. Colour, size, place, a slight turn and the
    background are random.
    """
    return make_coloured_shapes(num, seed, size)[:2]


def make_coloured_shapes(num, seed=0, size=32):
    """The pictures of `make_shapes` with the colours of their objects: (X, y, colours), colours (num,) in COLOURS."""
    rng, X, y, colours, painted, places = _one_object(num, seed, size)
    _draw(X, y, *places, painted)
    return _finish(X, rng), y, colours


def make_shape_masks(num, seed=0, size=32):
    """Where the objects of `make_shapes` are, with the same num, seed and size: (num, size, size) float64.

    An entry is the part of the pixel that the object covers, 0..1.
    """
    _, _, y, _, _, places = _one_object(num, seed, size)
    masks = np.zeros((num, 1, size, size))
    _draw(masks, y, *places, np.ones((num, 1)))
    return masks[:, 0]


def make_captioned_shapes(num, seed=0, size=32):
    """num pictures of two shapes each, with their captions and parts, as `CaptionedShapes`.

    The two objects never overlap and differ in shape or in colour; they are farther apart in the direction of
    the relation than across it. The caption tells the size of the first object only.
    """
    rng = _generator(num, seed, size)
    shapes, colours, sizes = _two_objects(rng, num)
    radius = _radii(rng, sizes, PAIRED)
    relation = rng.integers(len(RELATIONS), size=num)
    centres = _two_centres(rng, radius, np.array(list(RELATIONS.values()))[relation])
    X = _backgrounds(rng, num, size)
    for k in range(2):
        colour = _colours(rng, colours[k])
        _draw(X, shapes[k], centres[k, :, 0], centres[k, :, 1], radius[k], rng.uniform(-0.1, 0.1, num), colour)
    scenes = []
    for i in range(num):
        first, second = (
            Thing(
                SIZES[sizes[k, i]],
                list(COLOURS)[colours[k, i]],
                list(SHAPES)[shapes[k, i]],
                *(float(value) * size / 32 for value in (*centres[k, i], radius[k, i])),
            )
            for k in range(2)
        )
        scenes.append(Scene(first, list(RELATIONS)[relation[i]], second))
    return CaptionedShapes(_finish(X, rng), [str(scene) for scene in scenes], scenes)


def _one_object(num, seed, size):
    """What `make_shapes` draws: generator, backgrounds X, y, colours and their values, (x, y, radius, angle)."""
    rng = _generator(num, seed, size)
    y = rng.permutation(np.arange(num) % len(SHAPES))
    radius = _radii(rng, rng.integers(len(SIZES), size=num), ALONE)
    # The radius is that of a circle around the shape, so a margin of it keeps the shape inside.
    x_centre, y_centre = radius + rng.random((2, num)) * (32 - 2 * radius)
    colours = rng.integers(len(COLOURS), size=num)
    painted = _colours(rng, colours)
    X = _backgrounds(rng, num, size)
    return rng, X, y, colours, painted, (x_centre, y_centre, radius, rng.uniform(-0.2, 0.2, num))


def _generator(num, seed, size):
    if num < 0 or size < 8:
        raise DataError(f"shapes: expected num >= 0 pictures of size >= 8, got num = {num}, size = {size}")
    return np.random.default_rng(seed)


def _radii(rng, sizes, ranges):
    low, high = np.array(ranges)[sizes].T
    return (low + rng.random(sizes.T.shape) * (high - low)).T


def _colours(rng, colours):
    """(N, 3): the named colours, each a little off."""
    named = np.array(list(COLOURS.values()))[colours]
    return np.clip(named + rng.uniform(-0.05, 0.05, named.shape), 0, 1)


def _two_objects(rng, num):
    """Shapes, colours and sizes as indices, each (2, num); no two objects alike in shape and colour."""
    pairs = len(SHAPES) * len(COLOURS)
    first = rng.integers(pairs, size=num)
    second = (first + rng.integers(1, pairs, size=num)) % pairs
    shapes, colours = np.divmod([first, second], len(COLOURS))
    return shapes, colours, rng.integers(len(SIZES), size=(2, num))


def _two_centres(rng, radius, step):
    """Centres (2, num, 2) as x, y in 32 pixels; the first lies `step` (num, 2) of the second."""
    total = radius.sum(axis=0)
    gap = total + 1 + rng.random(len(total)) * np.minimum(6, 32 - 2 * total - 2)
    across = rng.uniform(-0.35, 0.35, len(total)) * gap
    along = step * gap[:, None]
    aside = step[:, ::-1] * across[:, None]
    offset = np.stack([along + aside, np.zeros_like(along)])
    low = (offset - radius[:, :, None]).min(axis=0)
    high = (offset + radius[:, :, None]).max(axis=0)
    return offset - low + rng.random(low.shape) * (32 - (high - low))


def _backgrounds(rng, num, size):
    """(num, 3, size, size): a dark random tint that grows lighter in a random direction."""
    tint = rng.uniform(0.0, 0.3, (num, 3, 1, 1))
    slope = rng.uniform(-0.15, 0.15, (2, num, 1, 1, 1))
    ramp = np.linspace(-0.5, 0.5, size)
    return np.clip(tint + slope[0] * ramp + slope[1] * ramp[:, None], 0, 1)


def _finish(X, rng, noise=0.02):
    X += noise * rng.standard_normal(X.shape)
    return np.clip(X, 0, 1, out=X)


def _draw(X, shapes, x, y, radius, angle, colour):
    """Paint one object on each picture of X in place; places and radii are in 32nds of the picture."""
    for number, inside in enumerate(SHAPES.values()):
        members = np.flatnonzero(shapes == number)
        for start in range(0, len(members), CHUNK):
            i = members[start : start + CHUNK]
            cover = _coverage(inside, x[i], y[i], radius[i], angle[i], X.shape[-1])[:, None]
            X[i] += cover * (colour[i, :, None, None] - X[i])


def _coverage(inside, x, y, radius, angle, size):
    """(N, size, size): which part of each pixel the shape covers."""
    points = (np.arange(size * SUBPIXELS) + 0.5) * (32 / (size * SUBPIXELS))
    x, y, radius, angle = (np.reshape(value, (-1, 1, 1)) for value in (x, y, radius, angle))
    right, up = (points[None, None, :] - x) / radius, (y - points[None, :, None]) / radius
    u, v = np.cos(angle) * right + np.sin(angle) * up, np.cos(angle) * up - np.sin(angle) * right
    return inside(u, v).reshape(-1, size, SUBPIXELS, size, SUBPIXELS).mean(axis=(2, 4))


# Each shape as an implicit function: which points (u to the right, v up) of the unit circle belong to it.


def _circle(u, v):
    return u**2 + v**2 < 0.9


def _square(u, v):
    return np.maximum(abs(u), abs(v)) < 0.7


def _triangle(u, v):
    return (v > -0.5) & (np.sqrt(3) * abs(u) + v < 1)


def _diamond(u, v):
    return abs(u) / 0.6 + abs(v) < 1


def _cross(u, v):
    near, far = np.minimum(abs(u), abs(v)), np.maximum(abs(u), abs(v))
    return (near < 0.26) & (far < 0.95)


def _ring(u, v):
    return abs(u**2 + v**2 - 0.62) < 0.32


def _star(u, v, inner=0.42):
    """Folded into half of one of its five points, the outline is a line from an inner to an outer corner."""
    fifth = 2 * np.pi / 5
    turn = abs(np.mod(np.arctan2(u, v), fifth) - fifth / 2)  # 0 at an inner corner, fifth / 2 at a point
    r = np.hypot(u, v)
    tip = np.cos(fifth / 2), np.sin(fifth / 2)
    return (r * np.cos(turn) - inner) * tip[1] < r * np.sin(turn) * (tip[0] - inner)


def _heart(u, v):
    u, v = 1.36 * u, 1.36 * v + 0.1
    return (u**2 + v**2 - 1) ** 3 < u**2 * v**3


def _crescent(u, v):
    return (u**2 + v**2 < 0.95) & ((u - 0.45) ** 2 + v**2 > 0.5)


def _bar(u, v):
    return (abs(u) < 0.95) & (abs(v) < 0.28)


# Last, because it is a table of the functions above.
SHAPES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "diamond": _diamond,
    "cross": _cross,
    "ring": _ring,
    "star": _star,
    "heart": _heart,
    "crescent": _crescent,
    "bar": _bar,
}

"""Tasks of svm.ipynb: minibatch gradient descent and prediction."""

import numpy as np

from autograder.tasks.spec import Task, mistake, untouched, values
from chainrule import linear

__all__ = ["TASKS"]

TRAIN = """
from chainrule.judging.stubs import probe
model = probe(LinearClassifier, W)
history = model.train(X, y, learning_rate=rate, reg=reg, num_iters=num_iters, batch_size=batch_size)
W_after = model.W
ids, labels = model.ids, model.labels
sizes = [len(batch) for batch in ids]
paired = len(ids) > 0 and all((batch % 3 == of_batch).all() for batch, of_batch in zip(ids, labels))
repeats = [sorted(a) == sorted(b) for a, b in zip(ids[1:], ids[:-1])]
"""
BOTH = (
    "first = W.copy()"
    + TRAIN
    + """
model = probe(LinearClassifier, first)
by_default = model.train(X, y)
size_by_default = len(model.ids[0])
"""
)

FIRST = """
from chainrule.judging.stubs import probe
model = probe(LinearClassifier)
try:
    model.train(X, y, learning_rate=0.0, reg=reg, num_iters=1, batch_size=batch_size)
except IndexError:  # too few columns for the labels: the shape of W tells
    if model.W is None:
        raise
W_first = model.W
W_shape = W_first.shape
random = W_first.std() > 1e-5
spread = int(np.digitize(np.sqrt(np.mean(W_first**2)) / 0.001, [0.01, 0.8, 1.2, 30]))  # 2: as asked for
"""


def draw_equal_rows(rng):
    """Every image is the same, so every batch is too: the run has one correct result."""
    D, C, N = rng.integers(3, 6), 3, 200
    label = rng.integers(0, C)
    # Large weights of the other classes let even the penalty count that is there if none is asked for.
    return {
        "W": rng.normal(size=(D, C)) * np.where(np.arange(C) == label, 1, 30),
        "X": np.tile(rng.normal(size=D), (N, 1)),
        "y": np.full(N, label),
        "rate": 0.05,
        "reg": 0.2,
        "num_iters": 7,
        "batch_size": 4,
    }


def draw_numbered_rows(rng):
    """Image i holds its own number i, and its label is i modulo 3. The rate is 0: only the batches matter."""
    N = 600
    X = np.hstack([np.arange(N)[:, None], rng.normal(size=(N, 2))])
    return {
        "W": np.zeros((3, 3)),
        "X": X,
        "y": np.arange(N) % 3,
        "rate": 0.0,
        "reg": 0.0,
        "num_iters": 5,
        "batch_size": 30,
    }


def draw_black_images(rng):
    """All pixels are 0, so no step moves the first weights. Over 1000 of them make their spread certain."""
    return draw_numbered_rows(rng) | {"X": np.zeros((40, 400)), "y": np.arange(40) % 3}


train = Task(
    "LinearClassifier.train",
    linear,
    "assignment1",
    "svm",
    TRAIN,
    draw_equal_rows,
    (
        values(
            *("losses and weights where all images are equal", 2),
            *("history", "W_after", "by_default", "size_by_default"),
            call=BOTH,
        ),
        values(
            "every step draws a new batch of batch_size",
            1,
            "sizes",
            "repeats",
            draw=draw_numbered_rows,
            cases=2,
            proves=False,
        ),
        values("images keep their labels", 1, "paired", draw=draw_numbered_rows, cases=2, proves=False),
        values(
            "W starts small and random",
            1,
            "W_shape",
            "random",
            "spread",
            call=FIRST,
            draw=draw_black_images,
            cases=1,
            proves=False,
        ),
    ),
    (
        mistake("ascends", "W moves along the gradient, uphill: subtract learning_rate * dW")(
            ("self.W - learning_rate", "self.W + learning_rate")
        ),
        mistake("no_rate", "the gradient is not multiplied by the learning rate")(("learning_rate * dW", "dW")),
        mistake("never_moves", "the weights never move: self.W is not updated")(
            ("self.W = self.W - learning_rate * dW", "pass")
        ),
        mistake("no_reg", "reg is not passed on to self.loss")(("y[batch], reg)", "y[batch], 0.0)")),
        mistake("new_weights", "weights that were there already are thrown away: start anew only where self.W is None")(
            ("if self.W is None:", "np.random.seed(0)\n    if True:")
        ),
        mistake("one_too_many", "the history has one loss too many: one for each of the num_iters steps")(
            ("range(num_iters)", "range(num_iters + 1)")
        ),
        mistake("last_loss", "only the last loss is returned, expected the list of all of them")(
            ("return history", "return history[-1]")
        ),
        mistake("whole_set", "every step uses all images, expected batch_size of them drawn at random")(
            ("np.random.choice(num_train, batch_size)", "np.arange(num_train)")
        ),
        mistake("same_batch", "every step uses the same batch: draw a new one in each")(
            ("np.random.choice(num_train, batch_size)", "np.arange(batch_size)")
        ),
        mistake("unpaired", "images and labels are drawn separately, so that labels belong to other images")(
            ("y[batch]", "y[np.random.choice(num_train, batch_size)]")
        ),
        mistake("zero_start", "W starts as zeros or a constant, expected small random numbers")(
            ("0.001 * np.random.randn(dim, np.max(y) + 1)", "np.zeros((dim, np.max(y) + 1))")
        ),
        mistake("large_start", "W starts large: multiply the random numbers by 0.001")(
            ("0.001 * np.random.randn", "np.random.randn")
        ),
        mistake("one_class_short", "W has one column too few: there are max(y) + 1 classes")(
            ("np.max(y) + 1", "np.max(y)")
        ),
    ),
)


def draw_scores(rng):
    return {"W": rng.normal(size=(5, 4)), "X": rng.normal(size=(rng.integers(6, 10), 5))}


predict = Task(
    "LinearClassifier.predict",
    linear,
    "assignment1",
    "svm",
    "model = LinearClassifier()\nmodel.W = W\nlabels = model.predict(X)",
    draw_scores,
    (values("labels", 1, "labels"), untouched(1, "X", "W")),
    (
        mistake("argmin", "these are the classes with the lowest scores, expected the highest")(
            ("np.argmax", "np.argmin")
        ),
        mistake("axis", "the maximum is taken over the images (axis=0), expected over the classes (axis=1)")(
            ("axis=1", "axis=0")
        ),
        mistake("scores", "these are the highest scores, expected the classes they belong to")(("np.argmax", "np.max")),
        mistake("all_scores", "these are the scores, expected the class with the highest one in every row")(
            ("np.argmax(X @ self.W, axis=1)", "X @ self.W")
        ),
    ),
)

TASKS = (train, predict)

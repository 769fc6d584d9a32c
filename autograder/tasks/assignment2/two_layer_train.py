"""Tasks of two_layer_net.ipynb: training."""

import numpy as np

from autograder.tasks.assignment2.two_layer import NAMES, draw_net
from autograder.tasks.spec import mistake, task_factory, values
from chainrule import two_layer

__all__ = ["TASKS"]

task = task_factory("assignment2", "two_layer_net", two_layer)

TRAIN = """
from chainrule.judging.net_stubs import probe_net
net = probe_net(TwoLayerNet, W1, b1, W2, b2)
history = net.train(X, y, X_val, y_val, learning_rate=rate, learning_rate_decay=decay, reg=reg,
                    num_iters=num_iters, batch_size=batch_size)
losses, train_acc, val_acc = (history[name] for name in ("loss_history", "train_acc_history", "val_acc_history"))
W1_after, b1_after, W2_after, b2_after = (net.params[name] for name in ("W1", "b1", "W2", "b2"))
"""
BOTH = (
    "start = [array.copy() for array in (W1, b1, W2, b2)]"
    + TRAIN
    + """
net = probe_net(TwoLayerNet, *start)
by_default = net.train(X, y, X_val, y_val)["loss_history"]
size_by_default = len(net.ids[0])
"""
)
BATCHES = """
from chainrule.judging.net_stubs import probe_net
net = probe_net(TwoLayerNet, W1, b1, W2, b2)
net.train(X, y, X_val, y_val, learning_rate=rate, reg=reg, num_iters=num_iters, batch_size=batch_size)
ids, labels = net.ids, net.labels
sizes = [len(batch) for batch in ids]
repeats = [sorted(a) == sorted(b) for a, b in zip(ids[1:], ids[:-1])]
paired = len(ids) > 0 and all((batch % 3 == of_batch).all() for batch, of_batch in zip(ids, labels))
"""
# Weights that moved though the rate is 0 are the fault of another check.
WHOLE = (
    "start = W1.copy()" + TRAIN + "moved = not np.array_equal(W1_after, start)\n"
    "between = [moved or accuracy not in (0, 1) for accuracy in train_acc]"
)
AFTER = ("W1_after", "b1_after", "W2_after", "b2_after")


def draw_run(rng, sizes=(3, 2, 3), N=12):
    """Every training image is the same, so every batch is too: the run has one correct result."""
    D = sizes[0]
    return draw_net(rng, sizes) | {
        "X": np.tile(rng.normal(size=D), (N, 1)),
        "y": np.full(N, rng.integers(0, 3)),
        "X_val": rng.normal(size=(7, D)),
        "y_val": rng.integers(0, 3, 7),
        "rate": 0.03,
        "decay": 1.0,
        "reg": 0.2,
        "num_iters": 5,
        "batch_size": 4,
    }


def draw_many(rng):
    """As many images as a batch holds by default; a bias that makes the small penalty count that is there by default."""
    inputs = draw_run(rng, N=200)
    inputs["b2"][inputs["y"][0] - 1] += 1000
    return inputs


def draw_decaying(rng):
    return draw_run(rng) | {"decay": 0.5}


def draw_few(rng):
    """Fewer images than a batch holds: then an epoch has one step."""
    return draw_run(rng, N=3) | {"decay": 0.5}


def draw_at_rest(rng):
    """The rate is 0 and batches are single images: accuracies of a batch are 0 or 1, those of the set lie between."""
    while True:
        inputs = draw_run(rng, N=5) | {"rate": 0.0, "batch_size": 1, "num_iters": 41, "X": rng.normal(size=(5, 3))}
        W1, b1, W2, b2 = (inputs[name] for name in NAMES)
        # Positive hidden units, so that the probe and the net with its ReLU agree.
        for name in ("X", "X_val", "W1", "b1"):
            inputs[name][...] = np.abs(inputs[name])
        correct, correct_val = (
            np.argmax((inputs[X] @ W1 + b1) @ W2 + b2, axis=1) == labels
            for X, labels in (("X", inputs["y"]), ("X_val", inputs["y_val"]))
        )
        if 1 < np.sum(correct) < 4 and 0 < np.sum(correct_val) < 7:
            return inputs


def draw_numbered(rng):
    """Image i holds its own number i, and its label is i modulo 3. The rate is 0: only the batches matter."""
    N = 600
    X = np.hstack([np.arange(N)[:, None], rng.normal(size=(N, 2))])
    settings = {"X": X, "y": np.arange(N) % 3, "rate": 0.0, "batch_size": 30, "num_iters": 4}
    return draw_run(rng) | settings


STEP = "self.params[name] = self.params[name] - learning_rate * grads[name]"
DRAW = "np.random.choice(num_train, batch_size)"
DECAY = "learning_rate *= learning_rate_decay"
ON_TRAIN = "np.mean(self.predict(X) == y)"
ON_VAL = "np.mean(self.predict(X_val) == y_val)"

train = task(
    "TwoLayerNet.train",
    TRAIN,
    draw_run,
    (
        values(
            *("losses and parameters where all images are equal", 2),
            *("losses", *AFTER, "by_default", "size_by_default"),
            **{"call": BOTH, "draw": draw_many, "cases": 2},
        ),
        values("the learning rate decays once an epoch", 1, "losses", *AFTER, draw=(draw_decaying, draw_few), cases=2),
        values("accuracies once an epoch", 1, "train_acc", "val_acc", draw=draw_at_rest, cases=2),
        values(
            "training accuracy is that of all images",
            1,
            "between",
            call=WHOLE,
            draw=draw_at_rest,
            cases=2,
            proves=False,
        ),
        values(
            "every step draws a new batch of batch_size",
            1,
            "sizes",
            "repeats",
            call=BATCHES,
            draw=draw_numbered,
            cases=2,
            proves=False,
        ),
        values("images keep their labels", 1, "paired", call=BATCHES, draw=draw_numbered, cases=2, proves=False),
    ),
    (
        mistake("ascends", "the parameters move along the gradient, uphill: subtract learning_rate times it")(
            (STEP, STEP.replace("-", "+"))
        ),
        mistake("no_rate", "the gradients are not multiplied by the learning rate")(("learning_rate * grads", "grads")),
        mistake("never_moves", "the parameters never move: self.params is not updated")((STEP, "pass")),
        mistake("new_names", "the biases stay as they were: every key of self.params is moved")(
            (STEP, f"if name in ('W1', 'W2'):\n                {STEP}")
        ),
        mistake("W2_only", "only the second layer is moved: every key of self.params is")(
            (STEP, f"if name in ('W2', 'b2'):\n                {STEP}")
        ),
        mistake("no_reg", "reg is not passed on to self.loss")((", reg=reg", "")),
        mistake("whole_set", "every step uses all images, expected batch_size of them drawn at random")(
            (DRAW, "np.arange(num_train)")
        ),
        mistake("same_batch", "every step uses the same batch: draw a new one in each")(
            (DRAW, "np.arange(batch_size)")
        ),
        mistake("unpaired", "images and labels are drawn separately, so that labels belong to other images")(
            ("y[batch]", f"y[{DRAW}]")
        ),
        mistake(
            "decay_each_step",
            "the learning rate is multiplied by learning_rate_decay in every step, expected once an epoch",
        )((DECAY, "pass"), ("if verbose", f"{DECAY}\n        if verbose")),
        mistake("no_decay", "the learning rate never decays: multiply it by learning_rate_decay once an epoch")(
            (DECAY, "pass")
        ),
        mistake("divided", "the learning rate is divided by learning_rate_decay, so that it grows: multiply")(
            (DECAY, "learning_rate /= learning_rate_decay")
        ),
        mistake("batch_accuracy", "the training accuracy is that of the last batch, expected that of all images of X")(
            (ON_TRAIN, "np.mean(self.predict(X[batch]) == y[batch])")
        ),
        mistake("each_step", "the accuracies are measured in every step, expected after the steps 0, E, 2 E ...")(
            ("if step % epoch == 0", "if True"), (DECAY, f"if step % epoch == 0:\n                {DECAY}")
        ),
        mistake(
            "first_left_out",
            "the epochs are counted off by one step: measure and decay where step % E is 0, with the first step 0",
        )(("step % epoch == 0", "(step + 1) % epoch == 0")),
        mistake("val_is_train", "val_acc_history holds the accuracies on the training images, expected those on X_val")(
            (ON_VAL, ON_TRAIN)
        ),
        mistake("counts", "the histories hold numbers of right images, expected their part of all images")(
            (ON_TRAIN, ON_TRAIN.replace("mean", "sum")), (ON_VAL, ON_VAL.replace("mean", "sum"))
        ),
        mistake("errors", "the histories hold the part of wrong images, expected that of right ones")(
            ("(X) == y", "(X) != y"), ("(X_val) == y", "(X_val) != y")
        ),
        mistake("one_too_many", "loss_history has one loss too many: one for each of the num_iters steps")(
            ("range(num_iters)", "range(num_iters + 1)")
        ),
    ),
)

TASKS = (train,)

"""Tasks of two_layer_net.ipynb: the two-layer net, its loss, prediction, training, and the search for settings."""

import numpy as np

from autograder.tasks.spec import gradients, growth, mistake, tasks_of, untouched, values
from chainrule import two_layer

__all__ = ["TASKS"]

NAMES = ("W1", "b1", "W2", "b2")

task = tasks_of("assignment2", "two_layer_net", two_layer)


# TwoLayerNet.__init__

INIT = """
net, other = TwoLayerNet(D, H, C, std=std), TwoLayerNet(D, H, C, std=std)
W1, b1, W2, b2 = (np.asarray(net.params[name]) for name in ("W1", "b1", "W2", "b2"))
shapes = [*W1.shape, *W2.shape]
bias_shapes = [*b1.shape, *b2.shape]
zero, alike = [not b1.any(), not b2.any()], [np.ptp(b1) == 0, np.ptp(b2) == 0]
random = [W1.std() > 0, W2.std() > 0, not np.array_equal(W1, other.params["W1"])]
centred = [abs(W.mean()) < 0.25 * W.std() + 1e-300 for W in (W1, W2)]
spread = [int(np.digitize(W.std() / std, [0.001, 0.8, 1.2, 30])) for W in (W1, W2)]  # 2: as asked for
"""
DEFAULT = "W1 = TwoLayerNet(D, H, C).params['W1']\nspread = int(np.digitize(W1.std() / 1e-4, [0.001, 0.8, 1.2]))"


def draw_sizes(rng):
    # With over 1200 weights a matrix, the bounds in INIT are more than eight standard errors away.
    D, H, C = (int(n) for n in rng.permutation([41, 53, 31]) + rng.integers(0, 5, 3))
    return {"D": D, "H": H, "C": C, "std": float(rng.uniform(0.002, 0.004))}


NO_STD = ("std * np.random.randn", "np.random.randn")
W1_RANDOM, W2_RANDOM = (
    "std * np.random.randn(input_size, hidden_size)",
    "std * np.random.randn(hidden_size, output_size)",
)

init = task(
    "TwoLayerNet.__init__",
    INIT,
    draw_sizes,
    (
        values("shapes of W1, b1, W2, b2", 1, "shapes", "bias_shapes"),
        values("weights random, with the spread std", 1, "random", "centred", "spread"),
        values("biases are 0", 0.5, "zero", "alike"),
        values("std is 1e-4 by default", 0.5, "spread", call=DEFAULT),
    ),
    (
        mistake("no_std", "the random numbers are not multiplied by std")(NO_STD),
        mistake("root_of_std", "the random numbers are multiplied by the square root of std, expected std itself")(
            ("std * np.random.randn", "np.sqrt(std) * np.random.randn")
        ),
        mistake("std_on_W1_only", "std is applied to W1 alone: W2 is multiplied by it, too")(
            (W2_RANDOM, "np.random.randn(hidden_size, output_size)")
        ),
        mistake("std_on_biases", "the biases are random numbers, expected zeros: std is for the weights alone")(
            ("np.zeros(", "std * np.random.randn(")
        ),
        mistake("biases_one", "the biases are 1, expected 0")(("np.zeros(", "np.ones(")),
        mistake("std_ignored", "std is fixed inside, expected the one that was passed")(
            ("std * np.random", "1e-6 * np.random")
        ),
        mistake(
            "uniform",
            "the weights are all positive (np.random.rand), expected normal numbers around 0 (np.random.randn)",
        )(("np.random.randn", "np.random.rand")),
        mistake("zeros", "the weights are 0, so that all hidden units stay alike: expected random numbers")(
            ("std * np.random.randn", "0 * np.random.randn")
        ),
        mistake("transposed", "the weight matrices are transposed: W1 is (D, H) and W2 is (H, C)")(
            ("randn(input_size, hidden_size)", "randn(hidden_size, input_size)"),
            ("randn(hidden_size, output_size)", "randn(output_size, hidden_size)"),
        ),
        mistake("biases_of_the_input", "b1 has one entry for every input, expected one for every hidden unit")(
            ("np.zeros(hidden_size)", "np.zeros(input_size)")
        ),
        mistake("row_biases", "the biases are matrices of one row, expected shapes (H,) and (C,)")(
            ("np.zeros(hidden_size)", "np.zeros((1, hidden_size))"),
            ("np.zeros(output_size)", "np.zeros((1, output_size))"),
        ),
        mistake("seeded", "every net starts with the same weights: do not set the seed inside")(
            ("self.params = {", "np.random.seed(0)\n    self.params = {")
        ),
    ),
)


# TwoLayerNet.loss

NET = "net = TwoLayerNet.__new__(TwoLayerNet)\nnet.params = {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}\n"
LOSS = NET + (
    "loss, grads = net.loss(X, y, reg=reg)\ndW1, db1, dW2, db2 = grads['W1'], grads['b1'], grads['W2'], grads['b2']"
)
SCORES = NET + "scores = net.loss(X)\nscores = scores[0] if isinstance(scores, tuple) else scores"
TWICE = LOSS.replace("loss, grads", "net.loss(X.copy(), y.copy(), reg=reg)\nnet.loss(X.copy())\nloss, grads", 1)
WITHOUT_REG = LOSS.replace(", reg=reg", "")


def draw_net(rng, sizes=(4, 5, 3)):
    D, H, C = sizes
    return {
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=H),
        "W2": rng.normal(size=(H, C)),
        "b2": rng.normal(size=C),
    }


def draw_problem(rng, N=None, scale=1.0):
    N = N or int(rng.integers(6, 9))
    y = rng.permutation(np.arange(N) % 3)
    return draw_net(rng) | {"X": scale * rng.normal(size=(N, 4)), "y": y, "reg": float(rng.uniform(0.1, 0.5))}


def draw_one_image(rng):
    return draw_problem(rng, 1) | {"y": np.array([rng.integers(0, 3)])}


def draw_huge_scores(rng):
    return draw_problem(rng, scale=1e4)


def draw_at_zero(rng):
    """Half of the hidden units are exactly at the kink of the ReLU for the black images."""
    inputs = draw_problem(rng)
    inputs["X"][::2] = 0
    inputs["b1"][::2] = 0
    return inputs


def draw_sized(N):
    def draw(rng):
        return draw_problem(rng, N) | {"N": N}

    return draw


FOUND = ("loss", "dW1", "db1", "dW2", "db2")
PENALTY = "reg * (np.sum(W1 * W1) + np.sum(W2 * W2))"
BIASES = "np.sum(b1 * b1) + np.sum(b2 * b2)"
DATA_LOSS = "np.log(totals[:, 0]) - shifted[rows, y]"

LOSS_MISTAKES = (
    mistake("sum_loss", "the data part of the loss is the sum over the images, expected their mean: divide by N")(
        ("np.mean(np.log", "np.sum(np.log")
    ),
    mistake(
        "sum_gradient", "the gradients are those of the sum over the images, expected their mean: divide dscores by N"
    )(("dscores /= num_train", "pass")),
    mistake("mean_twice", "the gradients are divided by N twice")(("dscores /= num_train", "dscores /= num_train**2")),
    mistake("no_penalty", "the penalty is missing from the loss")((f"loss += {PENALTY}", "pass")),
    mistake(
        "half_penalty",
        "the penalty is 0.5 * reg * sum of squares; this course uses reg * sum of squares in this net, without 1/2",
    )((PENALTY, f"0.5 * {PENALTY}")),
    mistake("penalty_of_W2_only", "only W2 is penalised: sum(W1 * W1) belongs to the loss, too")(
        (PENALTY, "reg * np.sum(W2 * W2)")
    ),
    mistake(
        "half_penalty_gradient",
        "the gradients hold reg * W, as for a penalty with 1/2; this course uses reg * sum(W * W), which gives 2 * reg * W",
    )(("2 * reg * W", "reg * W")),
    mistake("no_penalty_gradient", "the gradients of the penalty, 2 * reg * W1 and 2 * reg * W2, are missing")(
        (" + 2 * reg * W1", ""), (" + 2 * reg * W2", "")
    ),
    mistake("biases_penalised", "the biases are penalised: the penalty is for W1 and W2 alone")(
        (PENALTY, f"reg * (np.sum(W1 * W1) + np.sum(W2 * W2) + {BIASES})"),
        ("np.sum(dscores, axis=0)", "np.sum(dscores, axis=0) + 2 * reg * b2"),
        ("np.sum(dpre, axis=0)", "np.sum(dpre, axis=0) + 2 * reg * b1"),
    ),
    mistake("no_mask", "the backward pass leaves out the ReLU: no gradient flows where X W1 + b1 is below 0")(
        (" * (pre > 0)", "")
    ),
    mistake(
        "mask_of_gradient",
        "the ReLU's mask is taken from the gradient, expected from the input X W1 + b1 of the forward pass",
    )(("(pre > 0)", "(dhidden > 0)")),
    mistake(
        "mask_at_zero", "a hidden unit at exactly 0 lets the gradient through: the derivative there is 0 (> and not >=)"
    )(("(pre > 0)", "(pre >= 0)")),
    mistake("no_relu", "the hidden units are X W1 + b1: max(0, ...) is missing in the forward pass")(
        ("np.maximum(0, pre)", "pre")
    ),
    mistake(
        "softmax_hidden",
        "the hidden units go through a softmax: it belongs to the scores, the hidden layer has max(0, ...)",
    )(("np.maximum(0, pre)", "np.exp(pre) / np.sum(np.exp(pre), axis=1, keepdims=True)")),
    mistake("relu_on_scores", "the scores go through a ReLU, too: there is none after the last layer")(
        ("scores = hidden @ W2 + b2", "scores = np.maximum(0, hidden @ W2 + b2)")
    ),
    mistake("no_b1", "b1 is not added in the forward pass")(("X @ W1 + b1", "X @ W1")),
    mistake("no_b2", "b2 is not added in the forward pass")(("hidden @ W2 + b2", "hidden @ W2")),
    mistake("axis_of_biases", "the gradients of the biases are summed over axis 1, expected over the images (axis=0)")(
        ("np.sum(dscores, axis=0)", "np.sum(dscores, axis=1)"), ("np.sum(dpre, axis=0)", "np.sum(dpre, axis=1)")
    ),
    mistake(
        "mean_of_biases", "the gradients of the biases are means over the images: dscores holds 1/N already, so add up"
    )(("np.sum(dscores, axis=0)", "np.mean(dscores, axis=0)"), ("np.sum(dpre, axis=0)", "np.mean(dpre, axis=0)")),
    mistake("row_biases", "the gradients of the biases have a row too many (keepdims): each has the shape of its bias")(
        ("np.sum(dscores, axis=0)", "np.sum(dscores, axis=0, keepdims=True)"),
        ("np.sum(dpre, axis=0)", "np.sum(dpre, axis=0, keepdims=True)"),
    ),
    mistake("W2_from_X", "the gradient of W2 is made from X: the input of the second layer is the hidden layer")(
        ("hidden.T @ dscores + 2 * reg * W2", "X.T @ dscores")
    ),
    mistake("W2_from_pre", "the gradient of W2 is made from X W1 + b1, expected from the hidden layer after the ReLU")(
        ("hidden.T @ dscores", "pre.T @ dscores")
    ),
    mistake("no_shift", "exp overflows on large scores: subtract each image's largest score first")(
        (" - np.max(scores, axis=1, keepdims=True)", "")
    ),
    mistake(
        "one_shift", "one maximum over all images is subtracted: a row far below it underflows to log 0; use axis=1"
    )(("np.max(scores, axis=1, keepdims=True)", "np.max(scores)")),
    mistake(
        "log_of_probability",
        "-log(p) is infinite where p underflows to 0: write log(sum of exp) minus the score of the right class",
    )((DATA_LOSS, "-np.log(np.exp(shifted[rows, y]) / totals[:, 0])")),
    mistake(
        "clipped_log",
        "a small number is added to the probability before the logarithm, which makes the loss of a sure mistake too small",
    )((DATA_LOSS, "-np.log(np.exp(shifted[rows, y]) / totals[:, 0] + 1e-8)")),
    mistake(
        "wrong_axis", "the probabilities are normalised over the images (axis=0), expected over the classes (axis=1)"
    )(
        (
            "totals = np.sum(np.exp(shifted), axis=1, keepdims=True)",
            "totals = np.sum(np.exp(shifted), axis=0, keepdims=True)",
        ),
        ("totals[:, 0]", "np.sum(np.exp(shifted), axis=1)"),
    ),
    mistake("no_one", "dscores is softmax minus 1 at the right class: the 1 is not subtracted")(
        ("dscores[rows, y] -= 1", "pass")
    ),
    mistake(
        "all_one", "1 is subtracted from the whole columns named in y, expected one entry a row: index with [rows, y]"
    )(("dscores[rows, y] -= 1", "dscores[:, np.unique(y)] -= 1")),
    mistake("probabilities", "without labels probabilities are returned, expected the scores as they are")(
        ("return scores", "return np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)")
    ),
    mistake(
        "shifted_scores",
        "without labels the shifted scores are returned, expected the scores before their maximum is subtracted",
    )(("return scores", "return scores - np.max(scores, axis=1, keepdims=True)")),
    mistake("no_scores", "without labels a loss is returned, expected the scores: mind `if y is None`")(
        ("return scores", "y = np.argmax(scores, axis=1)")
    ),
    mistake("changes_W1", "the parameters are changed by the call: loss only looks, a step is taken by train")(
        ("return loss, grads", "W1 -= grads['W1']\n    return loss, grads")
    ),
    mistake("loop", "a loop over the images is left")(
        ("dscores[rows, y] -= 1", "for i in rows:\n        dscores[i, y[i]] -= 1")
    ),
)

loss = task(
    "TwoLayerNet.loss",
    LOSS,
    draw_problem,
    (
        values("scores without labels", 1, "scores", call=SCORES, cases=2),
        values("loss with labels", 2, "loss", cases=2),
        gradients("gradients of W2, b2 against numeric", 2, {"dW2": "W2", "db2": "b2"}, cases=2),
        gradients("gradients of W1, b1 against numeric", 2, {"dW1": "W1", "db1": "b1"}, cases=2),
        values("hidden units at exactly 0", 0.5, "dW1", "db1", draw=draw_at_zero, cases=2),
        values("one image and no reg", 1, *FOUND, call=WITHOUT_REG, draw=draw_one_image, cases=2),
        values("finite at scores of 1e4", 1, *FOUND, draw=draw_huge_scores, cases=2, strict="extremes"),
        values("a second call, on arrays with gaps", 0.5, "loss", "dW1", "dW2", call=TWICE, layout="strided", cases=2),
        untouched(1, *NAMES, "X", "y"),
        growth(1, draw_sized(20), draw_sized(200)),
    ),
    LOSS_MISTAKES,
)


# TwoLayerNet.predict

PREDICT = f"from chainrule.judging.stubs import Given\n{NET}net.loss = Given(scores)\nlabels = net.predict(X)"


def draw_scored(rng, N=None):
    """The scores of the net are an input, so that predict needs no loss; a predict without loss gets the same."""
    inputs = draw_net(rng) | {"X": rng.normal(size=(N or int(rng.integers(6, 10)), 4))}
    hidden = np.maximum(0, inputs["X"] @ inputs["W1"] + inputs["b1"])
    scores = hidden @ inputs["W2"] + inputs["b2"]
    best = np.argmax(scores, axis=1)
    linear = np.argmax((inputs["X"] @ inputs["W1"] + inputs["b1"]) @ inputs["W2"] + inputs["b2"], axis=1)
    # A ReLU that is left out, or the wrong end of the row, has to show.
    if N is None and (np.all(best == linear) or len(set(best)) < 3):
        return draw_scored(rng)
    return inputs | {"scores": scores}


def draw_one_scored(rng):
    return draw_scored(rng, 1)


FORWARD = "self.loss(X)"
predict = task(
    "TwoLayerNet.predict",
    PREDICT,
    draw_scored,
    (
        values("labels", 1, "labels"),
        values("one image, N = 1", 0.5, "labels", draw=draw_one_scored),
        untouched(0.5, *NAMES, "X"),
    ),
    (
        mistake("argmin", "these are the classes with the lowest scores, expected the highest")(("argmax", "argmin")),
        mistake("axis", "the maximum is taken over the images (axis=0), expected over the classes (axis=1)")(
            ("axis=1", "axis=0")
        ),
        mistake("flat", "one number for all images is returned: the maximum is taken without axis=1")((", axis=1", "")),
        mistake("scores", "these are the highest scores, expected the classes they belong to")(("argmax", "max")),
        mistake("all_scores", "these are the scores, expected the class with the highest one in every row")(
            ("np.argmax(self.loss(X), axis=1)", FORWARD)
        ),
        mistake("no_relu", "the scores are those of a net without ReLU: self.loss(X) returns the right ones")(
            (FORWARD, '(X @ self.params["W1"] + self.params["b1"]) @ self.params["W2"] + self.params["b2"]')
        ),
        mistake("hidden", "these are the largest hidden units, expected the classes with the highest scores")(
            (FORWARD, 'X @ self.params["W1"] + self.params["b1"]')
        ),
        mistake("from_one", "the classes are counted from 1, expected from 0")(("axis=1)", "axis=1) + 1")),
    ),
)


# TwoLayerNet.train

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
sizes = [len(ids) for ids in net.ids]
repeats = [sorted(a) == sorted(b) for a, b in zip(net.ids[1:], net.ids[:-1])]
paired = len(net.ids) > 0 and all((ids % 3 == labels).all() for ids, labels in zip(net.ids, net.labels))
"""
# Weights that moved though the rate is 0 are the fault of another check.
WHOLE = (
    "start = W1.copy()" + TRAIN + "moved = not np.array_equal(W1_after, start)\n"
    "between = [moved or accuracy not in (0, 1) for accuracy in train_acc]"
)
AFTER = ("W1_after", "b1_after", "W2_after", "b2_after")


def draw_run(rng, sizes=(3, 2, 3), N=12):
    """Every training image is the same, so that every batch is: the run has one right result."""
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
        right, right_val = (
            np.argmax((inputs[X] @ W1 + b1) @ W2 + b2, axis=1) == labels
            for X, labels in (("X", inputs["y"]), ("X_val", inputs["y_val"]))
        )
        if 1 < np.sum(right) < 4 and 0 < np.sum(right_val) < 7:
            return inputs


def draw_numbered(rng):
    """Image i holds its own number i, and its label is i modulo 3. The rate is 0: only the batches matter."""
    N = 600
    X = np.hstack([np.arange(N)[:, None], rng.normal(size=(N, 2))])
    changed = {"X": X, "y": np.arange(N) % 3, "rate": 0.0, "batch_size": 30, "num_iters": 4}
    return draw_run(rng) | changed


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
        values("training accuracy is that of all images", 1, "between", call=WHOLE, draw=draw_at_rest, cases=2),
        values(
            "every step draws a new batch of batch_size",
            1,
            "sizes",
            "repeats",
            call=BATCHES,
            draw=draw_numbered,
            cases=2,
        ),
        values("images keep their labels", 1, "paired", call=BATCHES, draw=draw_numbered, cases=2),
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
        mistake("no_reg", "reg is not handed on to self.loss")((", reg=reg", "")),
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


# tune

TUNE = """
from chainrule.judging.net_stubs import ScriptedNets
nets = ScriptedNets()
settings = [{"learning_rate": float(rate), "reg": float(reg)} for rate, reg in zip(rates, regs)]
best, accuracies = tune(nets, settings, X, y, X_val, y_val)
chosen = best is not None
best_rate, best_reg, best_total = (best.learning_rate, best.reg, best.total) if chosen else (-1, -1, -1)
number = nets.made
"""


def draw_search(rng):
    """A scripted net is right on the images whose second pixel is below its learning rate."""

    def images(N):
        y = rng.integers(0, 3, N)
        return np.stack([y, rng.permutation(N) / N + 0.5 / N], axis=1), y

    (X, y), (X_val, y_val) = images(12), images(20)
    # On the training images most second pixels are small, so that other settings look the best there.
    X[:, 1] = 1 - X[:, 1] ** 2
    # The best, the worst and the one that is the best on the way are neither the first nor the last.
    rates = np.concatenate([[0.45], rng.permutation([0.1, 0.33, 0.78]), [0.6]]) + 0.02 * rng.uniform(size=5)
    return {"rates": rates, "regs": rng.uniform(size=5), "X": X, "y": y, "X_val": X_val, "y_val": y_val}


def draw_tie(rng):
    inputs = draw_search(rng)
    rates = inputs["rates"]
    return inputs | {"rates": np.array([rates.min(), rates.max(), 0.35, rates.max(), np.median(rates)])}


def draw_all_wrong(rng):
    """No net labels a single image right."""
    inputs = draw_search(rng)
    inputs["X_val"][:, 1] = 2
    return inputs


BETTER = "not accuracies or accuracy > max(accuracies)"
FINAL = "np.mean(net.predict(X_val) == y_val)"
FIT = "net.train(X, y, X_val, y_val, **setting)"
BEST = ("best_rate", "best_reg", "best_total")

tune = task(
    "tune",
    TUNE,
    draw_search,
    (
        values("accuracies in the order of settings", 1.5, "accuracies"),
        values("the best net", 1.5, *BEST),
        values("a new net for every setting", 0.5, "number", *BEST),
        values("the first one on a tie", 1, *BEST, draw=draw_tie),
        values("where no net is right even once", 0.5, *BEST, "accuracies", draw=draw_all_wrong),
    ),
    (
        mistake("last", "the net that was trained last is returned, expected the best one")(
            (f"if {BETTER}", "if True")
        ),
        mistake("first", "the first net is returned, expected the best one")((BETTER, "not accuracies")),
        mistake("worst", "the net with the lowest validation accuracy is returned, expected the highest")(
            ("accuracy > max(accuracies)", "accuracy < min(accuracies)")
        ),
        mistake(
            "last_on_a_tie", "on a tie the later net is returned, expected the first one: compare with > and not >="
        )(("accuracy > max", "accuracy >= max")),
        mistake("training_accuracy", "the nets are judged on the training images, expected on the validation images")(
            (FINAL, "np.mean(net.predict(X) == y)")
        ),
        mistake(
            "best_on_the_way", "a net is judged by its best accuracy on the way, expected the accuracy after training"
        )((FINAL, 'max(history["val_acc_history"])'), (FIT, f"history = {FIT}")),
        mistake("swapped", "the nets are trained on the validation images: X, y come first in net.train")(
            (FIT, "net.train(X_val, y_val, X, y, **setting)")
        ),
        mistake("no_settings", "the settings are not handed on to net.train: write **setting")(
            (FIT, "net.train(X, y, X_val, y_val)")
        ),
        mistake("rate_only", "only the learning rate of a setting is handed on: write **setting")(
            ("**setting", 'learning_rate=setting["learning_rate"]')
        ),
        mistake("one_net", "one net is trained again and again: call make_net() for every setting")(
            ("best_net, accuracies = None, []", "best_net, accuracies, net = None, [], make_net()"),
            ("net = make_net()\n", "pass\n"),
        ),
        mistake("never_none", "no net is returned where all accuracies are 0: start below 0, or take the first net")(
            (BETTER, "accuracy > max(accuracies, default=0)")
        ),
        mistake("sorted", "the accuracies are sorted, expected the order of settings")(
            ("best_net, accuracies\n", "best_net, sorted(accuracies)\n")
        ),
        mistake("best_only", "only the best accuracy is returned, expected the list of all of them")(
            ("return best_net, accuracies", "return best_net, max(accuracies)")
        ),
    ),
)

TASKS = (init, loss, predict, train, tune)

"""Tasks of two_layer_net.ipynb: the loss of the two-layer net, and its prediction."""

import numpy as np

from autograder.tasks.spec import gradients, growth, mistake, task_factory, untouched, values
from chainrule import two_layer

__all__ = ["NAMES", "TASKS", "draw_net"]

task = task_factory("assignment2", "two_layer_net", two_layer)

NAMES = ("W1", "b1", "W2", "b2")

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

PREDICT = (
    f"from chainrule.judging.stubs import FixedResult\n{NET}net.loss = FixedResult(scores)\nlabels = net.predict(X)"
)


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
        values("one image, N = 1", 0.5, "labels", draw=draw_one_scored, proves=False),
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

TASKS = (loss, predict)

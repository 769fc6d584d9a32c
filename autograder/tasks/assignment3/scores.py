"""Tasks of fully_connected.ipynb: the hinge loss and the softmax loss of a batch of scores."""

import numpy as np

from autograder.tasks.layer_checks import FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import Task, gradient, mistake, values
from chainrule import layers

__all__ = ["TASKS"]


def draw_scores(rng, N=None, scale=2.0):
    N, C = N or int(rng.integers(6, 10)), int(rng.integers(4, 6))
    return {"x": scale * rng.normal(size=(N, C)), "y": rng.integers(0, C, N)}


def draw_huge_scores(rng):
    """All far from 0, of both signs; one image has positive ones alone, one negative ones."""
    inputs = draw_scores(rng, scale=1e4)
    x = inputs["x"] + 1e4 * np.sign(inputs["x"])
    x[:2] = np.abs(x[:2]) * [[1], [-1]]
    return inputs | {"x": x}


def draw_one_image_scores(rng):
    return draw_scores(rng, 1)


DX_SUM = "dx is that of the sum over the images, expected that of the mean: divide by N"
LOSS_SUM = "the loss is the sum over the images, expected their mean: divide by N"


def loss_task(name, mistakes, *checks):
    call = f"loss, dx = {name}(x, y)"
    checks = (
        values("loss, also of one image alone", 0.5, "loss", draw=(draw_scores, draw_scores, draw_one_image_scores)),
        gradient("dx against numeric", 0.5, "dx", "loss", "x"),
        *checks,
        in_float32(
            "float32 kept, x unchanged",
            0.5,
            *("dx", "float32_kept", "x", "y"),
            call=with_dtype_check(call, "dx"),
            draw=draw_scores,
        ),
    )
    common = (
        mistake("dx_sum", DX_SUM)(("return loss, dx / N", "return loss, dx")),
        mistake("dx_twice", "dx is divided by N twice")(("return loss, dx / N", "return loss, dx / N / N")),
        mistake("minus", "dx has the wrong sign")(("return loss, dx / N", "return loss, -dx / N")),
        mistake("float64", FLOAT64)(("return loss, dx / N", "return loss, dx.astype(np.float64) / N")),
    )
    return Task(name, layers, "assignment3", "fully_connected", call, draw_scores, checks, common + mistakes)


svm_loss = loss_task(
    "svm_loss",
    (
        mistake("loss_sum", LOSS_SUM)(("np.sum(margins) / N", "np.sum(margins)")),
        mistake("no_margin", "the margin of 1 is missing: a wrong score costs when it comes within 1 of the right one")(
            ("[:, None] + 1", "[:, None]")
        ),
        mistake(
            "right_class_counted", "the right class counts as a wrong one: its own margin, always 1, is not set to 0"
        )(("margins[rows, y] = 0", "pass")),
        mistake(
            "right_class_forgotten",
            "dx leaves the right class out: it gets minus the number of classes with a positive margin",
        )(("dx[rows, y] = -np.sum(dx, axis=1)", "pass")),
        mistake(
            "right_class_once",
            "dx is -1 / N at the right class, expected minus the number of classes with a positive margin",
        )(("-np.sum(dx, axis=1)", "-1")),
        mistake("squared", "the margins are squared, expected as they are")(("np.sum(margins)", "np.sum(margins**2)")),
        mistake("worst_only", "only the largest margin of each image counts, expected the sum of all")(
            ("np.sum(margins) / N", "np.sum(np.max(margins, axis=1)) / N")
        ),
        mistake("slope_of_margin", "dx holds the margins themselves, expected 1 where a margin is positive")(
            ("(margins > 0).astype(x.dtype)", "margins + 0")
        ),
        mistake("reversed", "the difference is taken the wrong way round: x_ij - x_{i, y_i} + 1 is due")(
            ("x - x[rows, y][:, None] + 1", "x[rows, y][:, None] - x + 1")
        ),
        mistake("changes_x", "x is changed by the call: x -= ... works in place, x - ... does not")(
            ("return loss, dx / N", "x -= 1\n    return loss, dx / N")
        ),
    ),
)

softmax_loss = loss_task(
    "softmax_loss",
    (
        mistake("loss_sum", LOSS_SUM)(("np.sum(log_probs[rows, y]) / N", "np.sum(log_probs[rows, y])")),
        mistake("no_shift", "exp overflows on large scores: subtract each image's largest score first")(
            ("x - np.max(x, axis=1, keepdims=True)", "x")
        ),
        mistake(
            "one_shift", "one maximum over all images is subtracted: a row far below it underflows to log 0; use axis=1"
        )(("np.max(x, axis=1, keepdims=True)", "np.max(x)")),
        mistake(
            "log_of_probability",
            "-log(p) is infinite where p underflows to 0: write log(sum of exp) minus the score of the right class",
        )(("log_probs[rows, y])", "np.log(np.exp(log_probs[rows, y])))")),
        mistake(
            "clipped_log",
            "a small number is added to the probability before the logarithm: a sure mistake costs too little",
        )(("log_probs[rows, y])", "np.log(np.exp(log_probs[rows, y]) + 1e-8))")),
        mistake("no_one", "dx is softmax minus 1 at the right class: the 1 is not subtracted")(
            ("dx[rows, y] -= 1", "pass")
        ),
        mistake(
            "all_one",
            "1 is subtracted from the whole columns named in y, expected one entry a row: index with [rows, y]",
        )(("dx[rows, y] -= 1", "dx[:, np.unique(y)] -= 1")),
        mistake(
            "wrong_axis",
            "the probabilities are normalised over the images (axis=0), expected over the classes (axis=1)",
        )(("np.sum(np.exp(shifted), axis=1, keepdims=True)", "np.sum(np.exp(shifted), axis=0, keepdims=True)")),
        mistake("no_minus", "the loss is negative: it is minus the logarithm of the probability")(
            ("-np.sum(log_probs", "np.sum(log_probs")
        ),
        mistake("log_probabilities", "dx holds logarithms of probabilities, expected the probabilities")(
            ("np.exp(log_probs)", "log_probs + 0")
        ),
        mistake("changes_x", "x is changed by the call: x -= np.max(x) works in place, x - np.max(x) does not")(
            ("shifted = x - np.max(x, axis=1, keepdims=True)", "x -= np.max(x, axis=1, keepdims=True)\n    shifted = x")
        ),
    ),
    values("finite at scores of 1e4", 0.5, "loss", "dx", draw=draw_huge_scores, strict="extremes"),
)

TASKS = (svm_loss, softmax_loss)

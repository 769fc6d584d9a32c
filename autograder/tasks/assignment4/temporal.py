"""Tasks of rnn.ipynb: the layers and the loss that are applied to every time step."""

import numpy as np

from autograder.tasks.assignment4.rnn_steps import sizes
from autograder.tasks.layer_checks import CHANGES_DOUT, CHANGES_X, FLOAT64, backward_twice, in_float32, with_dtype_check
from autograder.tasks.spec import gradient, gradients, mistake, task_factory, values
from chainrule.recurrent import temporal

__all__ = ["TASKS"]

task = task_factory("assignment4", "rnn", temporal)


# The fully connected layer.


def draw_affine(rng, N=None, T=None):
    N, T, D, M = sizes(rng, N, T, None, None)
    return {
        "x": rng.normal(size=(N, T, D)),
        "w": rng.normal(size=(D, M)),
        "b": rng.normal(size=M),
        "dout": rng.normal(size=(N, T, M)),
    }


def draw_one_step(rng):
    return draw_affine(rng, T=1)


def draw_one_sequence(rng):
    return draw_affine(rng, N=1)


FORWARD = "out, cache = temporal_affine_forward(x, w, b)"
BACKWARD = f"{FORWARD}\nloss = (out * dout).sum()\ndx, dw, db = temporal_affine_backward(dout, cache)"
ROWS = "(x.reshape(N * T, D) @ w + b).reshape(N, T, -1)"

temporal_affine_forward = task(
    "temporal_affine_forward",
    FORWARD,
    draw_affine,
    (
        values("every step", 0.5, "out"),
        values("T = 1, and N = 1", 0.5, "out", draw=(draw_one_step, draw_one_sequence), cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("out", "float32_kept", "x", "w", "b"),
            call=with_dtype_check(FORWARD, "out"),
            draw=draw_affine,
        ),
    ),
    (
        mistake("no_bias", "the bias b is not added")((" + b)", ")")),
        mistake("flat", "out is left flat, (N * T, M): expected (N, T, M)")(
            (ROWS, ROWS.removesuffix(".reshape(N, T, -1)"))
        ),
        mistake("time_first", "out has the axes (T, N, M), expected (N, T, M)")((ROWS, f"{ROWS}.transpose(1, 0, 2)")),
        mistake("mixed", "rows are read as (T, N) where they stand as (N, T), so that sequences are mixed")(
            (ROWS, ROWS.replace("(N, T, -1)", "(T, N, -1).transpose(1, 0, 2)"))
        ),
        mistake("last_step", "only the last step is returned, expected all T of them")((ROWS, f"{ROWS}[:, -1]")),
        mistake("sum_over_time", "the steps are added up, expected each for itself")((ROWS, f"{ROWS}.sum(axis=1)")),
        mistake("relu_inside", "negative outputs are cut to 0, but this layer has no non-linearity")(
            (ROWS, f"np.maximum(0, {ROWS})")
        ),
        mistake("float64", FLOAT64)((ROWS, f"{ROWS}.astype(np.float64)")),
        mistake("changes_x", "x is changed by the call: do not work in place on an input")(
            ("return out,", "x *= 2\n    return out,")
        ),
    ),
)

DX, DW, DB = "(rows @ w.T).reshape(x.shape)", "x.reshape(-1, x.shape[2]).T @ rows", "np.sum(rows, axis=0)"

temporal_affine_backward = task(
    "temporal_affine_backward",
    BACKWARD,
    draw_affine,
    (
        gradient("dx against numeric", 0.5, "dx", "loss", "x"),
        gradients("dw and db against numeric", 1, {"dw": "w", "db": "b"}),
        values("T = 1, and N = 1", 0.5, "dx", "dw", "db", draw=(draw_one_step, draw_one_sequence), cases=2),
        in_float32(
            "a second time: same, float32, inputs unchanged",
            0.5,
            *("dx", "dw", "db", "float32_kept", "dout", "x", "w"),
            call=backward_twice(BACKWARD),
            draw=draw_affine,
        ),
    ),
    (
        mistake("dx_flat", "dx is left flat, (N * T, D): it has the shape of x, (N, T, D)")((DX, "rows @ w.T")),
        mistake("dx_mixed", "dx has the shape of x, but its numbers are out of order: reshape (N * T, D) directly")(
            (DX, "(w @ rows.T).reshape(x.shape)")
        ),
        mistake("dx_last_step", "dx is 0 but for the last step: every step's output comes from its input")(
            (DX, f"{DX}\n    dx[:, :-1] = 0")
        ),
        mistake("dw_last_step", "dw is that of the last step alone: all steps use w, so their gradients add up")(
            (DW, "x[:, -1].T @ dout[:, -1]")
        ),
        mistake("dw_mean", "dw is divided by N * T: a mean belongs to the loss")((DW, f"{DW} / len(rows)")),
        mistake("dw_transposed", "dw is transposed: it has the shape of w, (D, M)")((DW, f"({DW}).T")),
        mistake("dw_per_sequence", "dw has a matrix for each sequence, (N, D, M), expected their sum")(
            (DW, "x.transpose(0, 2, 1) @ dout")
        ),
        mistake("db_over_N", "db is summed over the sequences alone and has shape (T, M), expected (M,)")(
            (DB, "np.sum(dout, axis=0)")
        ),
        mistake("db_over_T", "db is summed over the steps alone and has shape (N, M), expected (M,)")(
            (DB, "np.sum(dout, axis=1)")
        ),
        mistake("db_mean", "db is the mean of dout over all steps, expected the sum")((DB, "np.mean(rows, axis=0)")),
        mistake("order", "dw and db are returned before dx: the order is that of the inputs x, w, b")(
            ("return dx, dw, db", "return dw, db, dx")
        ),
        mistake("float64", FLOAT64)(("return dx,", "return dx.astype(np.float64),")),
        mistake("changes_dout", CHANGES_DOUT)(("return dx, dw, db", "dout *= 0\n    return dx, dw, db")),
    ),
)

# The loss.


def draw_scores(rng, N=None, T=None, scale=2.0):
    """Each sequence counts up to its own end; at least one step counts and at least one does not."""
    N, T, V, _ = sizes(rng, N, T, None, None)
    mask = np.arange(T) < rng.integers(1, T, (N, 1)) if T > 1 else np.arange(N)[:, None] % 2 == 0
    return {"x": scale * rng.normal(size=(N, T, V)), "y": rng.integers(0, V, (N, T)), "mask": mask}


def draw_one_step_scores(rng):
    return draw_scores(rng, T=1)


def draw_one_sequence_scores(rng):
    return draw_scores(rng, N=1)


def draw_huge(rng):
    return draw_scores(rng, scale=1e3)


def draw_all_count(rng):
    inputs = draw_scores(rng)
    inputs["mask"][:] = True
    return inputs


def draw_hidden_rows(rng):
    """Whole sequences are hidden, and here and there a step."""
    inputs = draw_scores(rng)
    inputs["mask"] = rng.random(inputs["y"].shape) < 0.6
    inputs["mask"][0] = [step == 1 for step in range(inputs["y"].shape[1])]
    inputs["mask"][1:3] = False
    return inputs


def draw_all_hidden(rng):
    inputs = draw_scores(rng)
    inputs["mask"][:] = False
    return inputs


SHIFT = "x - np.max(x, axis=2, keepdims=True)"
SUM = "np.sum(log_probs[right] * mask) / N"
DX_OUT = "dx * mask[:, :, None] / N"
CALL = "loss, dx = temporal_softmax_loss(x, y, mask)"

temporal_softmax_loss = task(
    "temporal_softmax_loss",
    CALL,
    draw_scores,
    (
        values("loss", 1, "loss"),
        gradient("dx against numeric", 1, "dx", "loss", "x"),
        values("T = 1, and N = 1", 0.5, "loss", "dx", draw=(draw_one_step_scores, draw_one_sequence_scores), cases=2),
        values("every step counts", 0.5, "loss", "dx", draw=draw_all_count, cases=2),
        values("whole sequences hidden", 0.5, "loss", "dx", draw=draw_hidden_rows, cases=2),
        values("everything hidden", 0.5, "loss", "dx", draw=draw_all_hidden, cases=2, proves=False),
        values("finite at scores of 1e3", 0.5, "loss", "dx", draw=draw_huge, strict="extremes"),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("dx", "float32_kept", "x", "y", "mask"),
            call=with_dtype_check(CALL, "dx"),
            draw=draw_scores,
        ),
    ),
    (
        mistake("no_mask", "the mask is forgotten: every step counts")(
            (SUM, "np.sum(log_probs[right]) / N"), (DX_OUT, "dx / N")
        ),
        mistake("loss_unmasked", "the mask is forgotten in the loss; dx has it")((SUM, "np.sum(log_probs[right]) / N")),
        mistake("dx_unmasked", "the mask is forgotten in dx; the loss has it")((DX_OUT, "dx / N")),
        mistake("mask_reversed", "the hidden steps count and the others do not: True is where a step counts")(
            (SUM, SUM.replace("* mask", "* (1 - mask)")), (DX_OUT, DX_OUT.replace("mask", "~mask"))
        ),
        mistake(
            "mask_on_scores", "the scores are multiplied by the mask: a hidden step then costs log V, expected nothing"
        )(
            (SHIFT, "x * mask[:, :, None] - np.max(x * mask[:, :, None], axis=2, keepdims=True)"),
            (SUM, "np.sum(log_probs[right]) / N"),
        ),
        mistake(
            "divided_by_mask",
            "loss and dx are divided by the number of steps that count; this course divides by N: a sum over the steps",
        )(
            (SUM, "np.sum(log_probs[right] * mask) / np.sum(mask)"),
            (DX_OUT, "dx * mask[:, :, None] / np.sum(mask).astype(x.dtype)"),
        ),
        mistake(
            "divided_by_NT",
            "loss and dx are divided by N * T; this course divides by N: a sum over the steps, a mean over the sequences",
        )((SUM, "np.sum(log_probs[right] * mask) / y.size"), (DX_OUT, "dx * mask[:, :, None] / y.size")),
        mistake("divided_by_T", "loss and dx are divided by T, expected by N")(
            (SUM, "np.sum(log_probs[right] * mask) / y.shape[1]"), (DX_OUT, "dx * mask[:, :, None] / y.shape[1]")
        ),
        mistake("not_divided", "loss and dx are sums over the sequences, expected means: divide by N")(
            (SUM, "np.sum(log_probs[right] * mask)"), (DX_OUT, "dx * mask[:, :, None]")
        ),
        mistake("dx_not_divided", "dx is not divided by N; the loss is")((DX_OUT, "dx * mask[:, :, None]")),
        mistake("mean_of_sentence", "the steps of a sequence are averaged, expected their sum")(
            (SUM, "np.mean(np.sum(log_probs[right] * mask, axis=1) / np.maximum(np.sum(mask, axis=1), 1))"),
            (DX_OUT, "dx * mask[:, :, None] / np.maximum(np.sum(mask, axis=1), 1).astype(x.dtype)[:, None, None] / N"),
        ),
        mistake("no_shift", "exp overflows on large scores: subtract each step's largest score first")((SHIFT, "x")),
        mistake(
            "one_shift", "one maximum over all steps is subtracted: a step far below it underflows to log 0; use axis=2"
        )((SHIFT, "x - np.max(x)")),
        mistake(
            "log_of_probability",
            "-log(p) is infinite where p underflows to 0: write log(sum of exp) minus the score of the right word",
        )(("log_probs[right] *", "np.log(np.exp(log_probs[right])) *")),
        mistake(
            "axis_of_time", "the probabilities are normalised over the steps (axis=1), expected over the words (axis=2)"
        )(("np.exp(shifted), axis=2", "np.exp(shifted), axis=1")),
        mistake("no_one", "dx is softmax minus 1 at the right word: the 1 is not subtracted")(
            ("dx[right] -= 1", "pass")
        ),
        mistake("no_minus", "the loss is negative: it is minus the logarithm of the probability")(
            ("-np.sum(log_probs", "np.sum(log_probs")
        ),
        mistake("float64", FLOAT64)((DX_OUT, f"({DX_OUT}).astype(np.float64)")),
        mistake("changes_x", CHANGES_X)(("    dx = np.exp", "    x[:] = shifted\n    dx = np.exp")),
    ),
)

TASKS = (temporal_affine_forward, temporal_affine_backward, temporal_softmax_loss)

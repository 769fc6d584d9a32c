"""Tasks of rnn.ipynb: gradients through many steps, and clipping."""

import numpy as np

from autograder.tasks.assignment4.rnn_steps import sizes
from autograder.tasks.layer_checks import FLOAT64, float32
from autograder.tasks.spec import mistake, task_factory, untouched, values
from chainrule.recurrent import clipping

__all__ = ["TASKS"]

task = task_factory("assignment4", "rnn", clipping)


# How much a matrix stretches.


def draw_matrix(rng):
    size = int(rng.integers(4, 7))
    return {"W": rng.normal(size=(size, size))}


def draw_tall(rng):
    return {"W": rng.normal(size=(6, 3))}


def draw_wide(rng):
    return {"W": rng.normal(size=(2, 5))}


SVD = "np.linalg.svd(W, compute_uv=False)[0]"

largest_singular_value = task(
    "largest_singular_value",
    "s = largest_singular_value(W)",
    draw_matrix,
    (values("square matrices", 0.5, "s"), values("tall and wide ones", 0.5, "s", draw=(draw_tall, draw_wide), cases=2)),
    (
        mistake("smallest", "this is the smallest singular value, expected the largest")(
            (SVD, SVD.replace("[0]", "[-1]"))
        ),
        mistake("squared", "this is the square of the largest singular value: a root is missing")((SVD, f"{SVD} ** 2")),
        mistake("eigenvalue", "this is the largest absolute eigenvalue: a matrix can stretch a vector by more")(
            (SVD, "np.max(np.abs(np.linalg.eigvals(W)))")
        ),
        mistake("frobenius", "this is the root of the sum of squares of all entries (the Frobenius norm)")(
            (SVD, "np.linalg.norm(W)")
        ),
        mistake("sum", "this is the sum of the singular values, expected the largest")(
            (SVD, "np.sum(np.linalg.svd(W, compute_uv=False))")
        ),
        mistake("entry", "this is the largest absolute entry of W")((SVD, "np.max(np.abs(W))")),
        mistake("row", "this is the length of the longest row of W")((SVD, "np.max(np.linalg.norm(W, axis=1))")),
    ),
)

# The gradient on its way back.


def draw_states(rng, N=None, T=None):
    N, T, H, _ = sizes(rng, N, T, None, None)
    return {"dlast": rng.normal(size=(N, H)), "h": np.tanh(rng.normal(size=(N, T, H))), "Wh": rng.normal(size=(H, H))}


def draw_one_step(rng):
    return draw_states(rng, T=1)


def draw_one_sequence(rng):
    return draw_states(rng, N=1)


def draw_zero_states(rng):
    """At states of 0 tanh has slope 1: the gradient is multiplied by Wh alone, many times."""
    inputs = draw_states(rng, T=20)
    return inputs | {"h": 0 * inputs["h"]}


PASS = "dh = (dh * (1 - h[:, t] ** 2)) @ Wh.T"
NORM, LAST = "norms[t] = np.linalg.norm(dh)", "norms[T] = np.linalg.norm(dh)"

hidden_gradient_norms = task(
    "hidden_gradient_norms",
    "norms = hidden_gradient_norms(dlast, h, Wh)",
    draw_states,
    (
        values("norms", 0.5, "norms"),
        values("T = 1, and N = 1", 0.5, "norms", draw=(draw_one_step, draw_one_sequence), cases=2),
        values("20 steps at states of 0", 0.5, "norms", draw=draw_zero_states, cases=2),
        untouched(0.5, "dlast", "h", "Wh"),
    ),
    (
        mistake("backwards", "the norms stand in the order T .. 0: norms[t] belongs to h_t")(
            ("return norms", "return norms[::-1]")
        ),
        mistake("no_tanh", "the derivative of tanh, 1 - h^2, is missing")((PASS, "dh = dh @ Wh.T")),
        mistake("tanh_after_Wh", "the gradient passes Wh before tanh, expected tanh first")(
            (PASS, "dh = (dh @ Wh.T) * (1 - h[:, t] ** 2)")
        ),
        mistake("Wh_not_transposed", "the gradient is multiplied by Wh, expected by its transpose")(("@ Wh.T", "@ Wh")),
        mistake("earlier_state", "1 - h^2 is taken one step too early: from h_{t+1} to h_t it is that of h_{t+1}")(
            ("h[:, t] ** 2", "h[:, max(t - 1, 0)] ** 2")
        ),
        mistake("same_every_step", "every step starts from dlast again, expected from the gradient of the step after")(
            (PASS, PASS.replace("(dh *", "(dlast *"))
        ),
        mistake("squared", "these are squares of norms: a root is missing")(("return norms", "return norms**2")),
        mistake("largest_entry", "these are the largest absolute entries, expected roots of sums of squares")(
            (NORM, "norms[t] = np.max(np.abs(dh))"), (LAST, "norms[T] = np.max(np.abs(dh))")
        ),
        mistake("mean_over_N", "the norms are divided by N, expected over all N * H numbers")(
            ("return norms", "return norms / len(dlast)")
        ),
        mistake("no_last", "the norm of dlast itself is missing: there are T + 1 norms")(
            ("return norms", "return norms[:T]")
        ),
        mistake("no_first", "the norm at h_0 is missing: there are T + 1 norms")(("return norms", "return norms[1:]")),
        mistake("changes_dlast", "dlast is changed by the call: *= works in place")(
            ("    return norms", "    dlast *= 0\n    return norms")
        ),
    ),
)

# Clipping.


def draw_grads(rng, limit=(0.2, 0.7)):
    """Two arrays of different length; max_norm is a part of their common norm."""
    dw, db = rng.normal(size=(3, 4)), 3 * rng.normal(size=5)
    norm = np.sqrt(np.sum(dw**2) + np.sum(db**2))
    return {"dw": dw, "db": db, "max_norm": float(norm * rng.uniform(*limit))}


def draw_short(rng):
    return draw_grads(rng, (1.2, 2.0))


def draw_each_short(rng):
    """Each array is within the limit, both together are not."""
    dw, db = rng.normal(size=(3, 4)), rng.normal(size=5)
    return {"dw": dw / np.linalg.norm(dw), "db": db / np.linalg.norm(db), "max_norm": 1.2}


def draw_zero(rng):
    return {"dw": np.zeros((3, 4)), "db": np.zeros(5), "max_norm": float(rng.uniform(1, 2))}


def draw_long(rng):
    return draw_grads(rng, (1e-4, 2e-4))


CALL = (
    'grads = {"w": dw, "b": db}\nclipped, norm = clip_gradient_norm(grads, max_norm)\n'
    'dw_clipped, db_clipped = clipped["w"], clipped["b"]\n'
    "keys = len(clipped)"
)
KEPT = "\nsame_dict = clipped is grads\nfloat32_kept = str(dw_clipped.dtype) == 'float32'"
FOUND = ("dw_clipped", "db_clipped", "norm")
SCALE = "float(max_norm / norm) if norm > max_norm else 1.0"
ALL = "np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))"
CLIPPED = "{name: grad * scale for name, grad in grads.items()}"

clip_gradient_norm = task(
    "clip_gradient_norm",
    CALL,
    draw_grads,
    (
        values("too long: all are shortened alike", 0.5, *FOUND, "keys"),
        values("too long together, each short enough", 0.5, *FOUND, draw=draw_each_short, cases=2),
        values("ten thousand times too long", 0.5, *FOUND, draw=draw_long, cases=2),
        values("short enough: as they were", 0.5, *FOUND, draw=draw_short, cases=2),
        values("zeros", 0.5, *FOUND, draw=draw_zero, cases=2, proves=False),
        values(
            "float32 kept, a new dict, inputs unchanged",
            0.5,
            *("same_dict", "float32_kept", "dw", "db"),
            call=CALL + KEPT,
            draw=float32(draw_grads),
            layout="strided",
            strict="inputs",  # a dict that is not new is one that was changed
            proves=False,
        ),
    ),
    (
        mistake("squared", "the norm is squared: the root of the sum of squares is missing")(
            (ALL, ALL.removeprefix("np.sqrt"))
        ),
        mistake("each_by_itself", "each array is clipped by its own norm, expected all by their common norm")(
            (CLIPPED, "{k: g * min(1.0, max_norm / max(float(np.linalg.norm(g)), 1e-30)) for k, g in grads.items()}")
        ),
        mistake("always", "gradients that are short enough are stretched to max_norm, expected left as they are")(
            (SCALE, "max_norm / float(norm)")
        ),
        mistake("by_value", "each number is clipped to -max_norm .. max_norm, expected all scaled by one factor")(
            (CLIPPED, "{k: np.clip(g, -max_norm, max_norm) for k, g in grads.items()}")
        ),
        mistake("unit_norm", "gradients that are too long get length 1, expected max_norm")(
            (SCALE, SCALE.replace("(max_norm /", "(1 /"))
        ),
        mistake("upside_down", "the factor is norm / max_norm, expected max_norm / norm")(
            (SCALE, SCALE.replace("max_norm / norm", "norm / max_norm"))
        ),
        mistake("never", "gradients that are too long are not shortened")((SCALE, "1.0")),
        mistake(
            "sum_of_norms", "the norms of the arrays are added, expected the squares of all numbers, then the root"
        )((ALL, "sum(np.linalg.norm(grad) for grad in grads.values())")),
        mistake("largest_norm", "the norm is that of the longest array, expected that of all together")(
            (ALL, "max(np.linalg.norm(grad) for grad in grads.values())")
        ),
        mistake("absolute", "the norm is the sum of absolute values, expected the root of the sum of squares")(
            (ALL, "sum(np.sum(np.abs(grad)) for grad in grads.values())")
        ),
        mistake("mean", "the norm has a mean of squares, expected their sum")(
            (ALL, "np.sqrt(np.mean(np.concatenate([grad.ravel() for grad in grads.values()]) ** 2))")
        ),
        mistake("norm_after", "the norm returned is that after clipping, expected before")(
            ("}, norm", "}, norm * scale")
        ),
        mistake("eps", "a number is added to the norm before it divides: the clipped gradients come out too short")(
            (SCALE, SCALE.replace("/ norm", "/ (norm + 1e-2)"))
        ),
        mistake("in_place", "the caller's arrays are scaled in place: grad *= scale")(
            ("    return {", "    for grad in grads.values():\n        grad *= scale\n    scale = 1\n    return {")
        ),
        mistake("same_dict", "the caller's dict is changed and returned, expected a new one")(
            (CLIPPED, f"grads.update({CLIPPED}) or grads")
        ),
        mistake("float64", FLOAT64)(("float(max_norm / norm)", "np.float64(max_norm / norm)")),
    ),
)

TASKS = (largest_singular_value, hidden_gradient_norms, clip_gradient_norm)

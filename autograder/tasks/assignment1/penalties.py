"""Tasks of softmax.ipynb: penalties on the weights and the limit on their norm."""

import numpy as np

from autograder.tasks.spec import Task, gradient, mistake, untouched, values
from chainrule import linear

__all__ = ["TASKS"]


def draw_penalty(rng):
    W = rng.normal(size=(rng.integers(3, 6), 4))
    return {"W": W, "kind": "l2", "strength": float(rng.uniform(0.2, 0.9)), "l1_ratio": float(rng.uniform(0.1, 0.4))}


def penalty_of(kind):
    return lambda rng: draw_penalty(rng) | {"kind": kind}


def draw_zeros(rng):
    inputs = draw_penalty(rng) | {"kind": "elastic"}
    inputs["W"][0] = 0
    return inputs


# The ratio is left out here: 1/2.
OTHERS = """
penalty, dW = regularization(W, kind, strength)
dW_l1 = regularization(W, "l1", strength)[1]
refused = False
try:
    regularization(W, "l3", strength)
except Exception as error:
    refused = isinstance(error, ValueError)
"""


regularization = Task(
    "regularization",
    linear,
    "assignment1",
    "softmax",
    "penalty, dW = regularization(W, kind, strength, l1_ratio)",
    draw_penalty,
    (
        *(
            gradient(f"{kind}: {word}", 1, output, "penalty", "W", draw=penalty_of(kind))
            if output == "dW"
            else values(f"{kind}: {word}", 1, output, draw=penalty_of(kind))
            for kind in ("l2", "l1", "elastic")
            for output, word in (("penalty", "penalty"), ("dW", "dW against numeric"))
        ),
        values(
            "weights that are exactly 0, a kind that is not known",
            1,
            "dW",
            "dW_l1",
            "refused",
            call=OTHERS,
            draw=draw_zeros,
        ),
    ),
    (
        mistake("no_factor_two", "the gradient of the sum of squares is 2 W: the factor 2 is missing")(
            ("* 2 * W", "* W")
        ),
        mistake("half", "the squares come with a factor 1/2: this course's l2 penalty is strength * sum(W^2)")(
            ("np.sum(W**2)", "np.sum(W**2) / 2")
        ),
        mistake("no_strength", "the penalty is not multiplied by strength")(("penalty = strength * ", "penalty = ")),
        mistake("no_strength_gradient", "dW is not multiplied by strength")(("dW = strength * ", "dW = ")),
        mistake("no_abs", "l1 adds up the absolute values, here the signs are kept")(
            ("np.sum(np.abs(W))", "np.sum(W)")
        ),
        mistake("abs_gradient", "the gradient of |W| is the sign of W, here it is |W|")(("np.sign(W)", "np.abs(W)")),
        mistake("one_gradient", "the gradient of |W| is -1 where W is negative")(("np.sign(W)", "np.ones_like(W)")),
        mistake("swapped_ratio", "l1_ratio weighs the squares: it belongs to the absolute values")(
            ('"elastic": l1_ratio', '"elastic": 1 - l1_ratio')
        ),
        mistake("mean", "the mean of the squares is taken, expected their sum")(("np.sum(W**2)", "np.mean(W**2)")),
        mistake("step_at_zero", "at W = 0 the gradient of |W| is taken to be 0")(
            ("np.sign(W)", "np.where(W > 0, 1, -1)")
        ),
        mistake("not_refused", "a kind that is not known has to raise ValueError")(
            ("if kind not in ratios:", "if False:")
        ),
    ),
)


def draw_columns(rng):
    W = rng.normal(size=(5, 6))
    return {"W": W * np.array([3, 0.1, 0.2, 4, 0, 5]), "c": float(rng.uniform(1.5, 2.0))}


max_norm = Task(
    "max_norm",
    linear,
    "assignment1",
    "softmax",
    "W_new = max_norm(W, c)",
    draw_columns,
    (values("columns longer than c are shortened, others kept", 1, "W_new"), untouched(1, "W")),
    (
        mistake("all_scaled", "short columns are stretched to length c: they stay as they are")(
            ("np.maximum(norms, c)", "np.maximum(norms, 1e-300)")
        ),
        mistake("rows", "the rows are shortened, expected the columns (axis=0)")(
            ("np.sum(W**2, axis=0)", "np.sum(W**2, axis=1, keepdims=True)")
        ),
        mistake("whole", "the whole matrix is scaled by one number, expected each column by its own")((", axis=0", "")),
        mistake("squared_norm", "the squared length is compared with c: the square root is missing")(
            ("np.sqrt(np.sum(W**2, axis=0))", "np.sum(W**2, axis=0)")
        ),
        mistake("clipped", "the entries are clipped to -c..c, expected the columns to be scaled")(
            ("W * (c / np.maximum(norms, c))", "np.clip(W, -c, c)")
        ),
        mistake("in_place", "W itself is changed: return a new array")(
            ("return W * (c / np.maximum(norms, c))", "W *= c / np.maximum(norms, c)\n    return W")
        ),
    ),
)

TASKS = (regularization, max_norm)

"""Tasks of fully_connected.ipynb: the maxout layer."""

from autograder.tasks.layer_checks import FLOAT64, backward_twice, in_float32, with_dtype_check
from autograder.tasks.spec import gradient, gradients, mistake, task_factory, values
from chainrule import activations

__all__ = ["TASKS"]

task = task_factory("assignment3", "fully_connected", activations)


def draw_maxout(rng):
    N, D, M = int(rng.integers(6, 8)), int(rng.integers(3, 5)), 5
    sizes = {"x": (N, D), "w1": (D, M), "b1": M, "w2": (D, M), "b2": M, "dout": (N, M)}
    return {name: rng.normal(size=size) for name, size in sizes.items()}


def draw_ties(rng):
    """The two pieces of the first unit are equal."""
    inputs = draw_maxout(rng)
    inputs["w2"][:, 0], inputs["b2"][0] = inputs["w1"][:, 0], inputs["b1"][0]
    return inputs


MAXOUT = "out, cache = maxout_forward(x, w1, b1, w2, b2)"
MAXOUT_BACKWARD = f"{MAXOUT}\nloss = (out * dout).sum()\ndx, dw1, db1, dw2, db2 = maxout_backward(dout, cache)"
INPUTS = ("x", "w1", "b1", "w2", "b2")

maxout_forward = task(
    "maxout_forward",
    MAXOUT,
    draw_maxout,
    (
        values("outputs", 0.5, "out"),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("out", "float32_kept", *INPUTS),
            call=with_dtype_check(MAXOUT, "out"),
            draw=draw_ties,
        ),
    ),
    (
        mistake("minimum", "the smaller piece is taken, expected the larger")(
            ("np.maximum(first, second)", "np.minimum(first, second)")
        ),
        mistake("sum", "the two pieces are added, expected the larger of them")(
            ("np.maximum(first, second)", "first + second")
        ),
        mistake("first", "the second piece is never used")(("np.maximum(first, second)", "first + 0")),
        mistake("no_bias", "the biases are not added")(("x @ w1 + b1, x @ w2 + b2", "x @ w1, x @ w2")),
        mistake("one_bias", "both pieces use b1: the second has its own, b2")(("x @ w2 + b2", "x @ w2 + b1")),
        mistake("late_bias", "the biases are added after the maximum, expected before: each belongs to its piece")(
            ("x @ w1 + b1, x @ w2 + b2", "x @ w1, x @ w2"),
            ("np.maximum(first, second)", "np.maximum(first, second) + b1 + b2"),
        ),
        mistake("weights", "the maximum is taken of the weights, expected of the outputs")(
            ("np.maximum(first, second)", "x @ np.maximum(w1, w2) + np.maximum(b1, b2)")
        ),
        mistake("relu", "negative outputs are cut to 0: maxout has no third piece")(
            ("np.maximum(first, second)", "np.maximum(0, np.maximum(first, second))")
        ),
        mistake("absolute", "the piece with the larger absolute value is taken, expected the larger value")(
            ("np.maximum(first, second)", "np.where(abs(first) > abs(second), first, second)")
        ),
        mistake("float64", FLOAT64)(("np.maximum(first, second)", "np.maximum(first, second).astype(np.float64)")),
    ),
)

maxout_backward = task(
    "maxout_backward",
    MAXOUT_BACKWARD,
    draw_maxout,
    (
        gradient("dx against numeric", 0.5, "dx", "loss", "x", cases=2),
        gradients("weights and biases against numeric", 0.5, {f"d{name}": name for name in INPUTS[1:]}, cases=2),
        in_float32(
            "ties, a second time: same, float32, dout unchanged",
            0.5,
            *("dx", *(f"d{name}" for name in INPUTS[1:]), "float32_kept", "dout"),
            call=backward_twice(MAXOUT_BACKWARD),
            draw=draw_ties,
        ),
    ),
    (
        mistake("both", "dout goes to both pieces everywhere, expected to the larger one")(
            ("dout * (lead >= 0), dout * (lead < 0)", "dout, dout")
        ),
        mistake("swapped", "dout goes to the smaller piece, expected to the larger")(
            ("dout * (lead >= 0), dout * (lead < 0)", "dout * (lead < 0), dout * (lead > 0)")
        ),
        mistake("tie", "at a tie both pieces get dout, expected the first alone")(("lead < 0", "lead <= 0")),
        mistake("dx_first", "dx comes from the first piece alone, expected the sum over both")(
            (" + dsecond @ w2.T", "")
        ),
        mistake("db_full", "db1 and db2 are sums of all of dout, expected of what goes to their piece")(
            ("np.sum(dfirst", "np.sum(dout"), ("np.sum(dsecond", "np.sum(dout")
        ),
        mistake("db_mean", "db1 and db2 are means over the images, expected sums")(("np.sum(", "np.mean(")),
        mistake("dw_full", "dw1 and dw2 hold all of dout, expected what goes to their piece")(
            ("x.T @ dfirst", "x.T @ dout"), ("x.T @ dsecond", "x.T @ dout")
        ),
        mistake("order", "the gradients come in another order than the inputs x, w1, b1, w2, b2")(
            ("x.T @ dfirst, np.sum(dfirst, axis=0)", "np.sum(dfirst, axis=0), x.T @ dfirst")
        ),
        mistake("crossed_weights", "dx uses the weights of the other piece")(
            ("dfirst @ w1.T + dsecond @ w2.T", "dfirst @ w2.T + dsecond @ w1.T")
        ),
    ),
)

TASKS = (maxout_forward, maxout_backward)

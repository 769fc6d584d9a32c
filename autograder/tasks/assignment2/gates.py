"""Tasks of backprop.ipynb: the add, multiply, max and sigmoid gates, forward and backward."""

import numpy as np

from autograder.tasks.spec import Task, gradients, mistake, untouched, values
from chainrule import gates

__all__ = ["TASKS"]

FORWARD = "out, cache = {0}_gate_forward({1})"
BACKWARD = FORWARD + "\nloss = np.sum(out * dout)\n{2} = {0}_gate_backward(dout, cache)"
TWICE = BACKWARD + "\n{2} = {0}_gate_backward(dout, cache)"


def draw_arrays(rng):
    shape = tuple(rng.integers(2, 5, 2))
    x, y, dout = rng.normal(size=(3, *shape))
    return {"x": x, "y": y, "dout": dout}


def draw_numbers(rng):
    x, y, dout = rng.uniform(0.3, 2.0, 3) * rng.choice([-1, 1], 3)
    return {"x": float(x), "y": float(y), "dout": float(dout)}


def keep_inputs(draw, *names):
    """Return a draw function with only these inputs of `draw`."""

    def drawn(rng):
        inputs = draw(rng)
        return {name: inputs[name] for name in names}

    return drawn


def forward_task(gate, inputs, points, checks, mistakes, draw=draw_arrays):
    names = inputs.split(", ")
    return Task(
        f"{gate}_gate_forward",
        gates,
        "assignment2",
        "backprop",
        FORWARD.format(gate, inputs),
        keep_inputs(draw, *names),
        (
            values("arrays", points, "out"),
            values("numbers", 0.4, "out", draw=keep_inputs(draw_numbers, *names)),
            *checks,
            untouched(0.1, *names),
        ),
        mistakes,
    )


def backward_task(gate, inputs, points, checks, mistakes):
    names = inputs.split(", ")
    gradient_names = ", ".join(f"d{name}" for name in names)
    pairs = {f"d{name}": name for name in names}
    return Task(
        f"{gate}_gate_backward",
        gates,
        "assignment2",
        "backprop",
        BACKWARD.format(gate, inputs, gradient_names),
        keep_inputs(draw_arrays, *names, "dout"),
        (
            gradients(f"{' and '.join(pairs)} against numeric", points, pairs),
            values("numbers", 0.5, *pairs, draw=keep_inputs(draw_numbers, *names, "dout")),
            values(
                "a second call gives the same, dout unchanged",
                0.5,
                *pairs,
                "dout",
                call=TWICE.format(gate, inputs, gradient_names),
                layout="strided",
            ),
            *checks,
        ),
        mistakes,
    )


def in_place(name):
    return mistake(
        "in_place",
        f"{name} is changed by the call: compute a new array instead of writing into the one that was passed in",
    )(("    return out, cache", f"    if np.ndim({name}):\n        {name} += 1\n    return out, cache"))


def dout_in_place(line):
    return mistake(
        "dout_in_place", "dout is changed by the call, so a second call starts from something else: compute a new array"
    )((line, f"    if np.ndim(dout):\n        dout *= 2\n        dout = dout / 2\n{line}"))


def no_upstream(*edits):
    return mistake(
        "no_upstream", "this is the gate's own derivative: it is not multiplied by dout, the upstream gradient"
    )(*edits)


SWAPPED = "dx and dy are swapped: they come back in the order of the inputs"

add_forward = forward_task(
    "add",
    "x, y",
    0.5,
    (),
    (
        mistake("difference", "the gate subtracts, expected the sum x + y")(("x + y", "x - y")),
        mistake("product", "the gate multiplies, expected the sum x + y")(("x + y", "x * y")),
        mistake("mean", "this is the mean of the inputs, expected their sum")(("x + y", "(x + y) / 2")),
        mistake("total", "all entries are added up into one number, expected x + y entry by entry")(
            ("x + y", "np.sum(x + y)")
        ),
        in_place("x"),
    ),
)

add_backward = backward_task(
    "add",
    "x, y",
    1,
    (),
    (
        mistake("x_only", "only dx gets the upstream gradient: the add gate passes it on to both inputs")(
            ("dy = 1.0 * dout", "dy = 0.0 * dout")
        ),
        mistake("shared_out", "dout is shared out, half to each input: the add gate passes all of it on to both")(
            ("1.0 * dout", "0.5 * dout")
        ),
        mistake("difference", "dy has a minus sign: that belongs to x - y")(("dy = 1.0 * dout", "dy = -1.0 * dout")),
        mistake(
            "ones", "the gradients are 1, whatever dout is: multiply the local derivative 1 by the upstream gradient"
        )(("1.0 * dout", "1.0 + 0 * dout")),
        mistake("summed", "dout is added up into one number: a gradient has the shape of its variable")(
            ("1.0 * dout", "np.sum(dout)")
        ),
        dout_in_place("    dx = 1.0 * dout"),
    ),
)

multiply_forward = forward_task(
    "multiply",
    "x, y",
    0.5,
    (),
    (
        mistake("sum", "the gate adds, expected the product x * y")(("x * y", "x + y")),
        mistake("square", "this is x * x: y is not used")(("x * y\n", "x * x\n")),
        mistake("inner", "the products are added up into one number, expected them entry by entry")(
            ("x * y", "np.sum(x * y)")
        ),
        mistake("quotient", "the gate divides, expected the product x * y")(("x * y", "x / y")),
    ),
)

multiply_backward = backward_task(
    "multiply",
    "x, y",
    1,
    (),
    (
        mistake(
            "not_switched",
            "each input gets its own value times dout: the multiply gate switches them, so that dx gets y",
        )(("dx = y *", "dx = x *"), ("dy = x *", "dy = y *")),
        mistake("no_dx_switch", "dx holds x where y is due")(("dx = y *", "dx = x *")),
        mistake("no_dy_switch", "dy holds y where x is due")(("dy = x *", "dy = y *")),
        mistake("like_add", "dout is passed on unchanged, as by an add gate: multiply it by the other input")(
            ("y * dout", "1.0 * dout"), ("x * dout", "1.0 * dout")
        ),
        mistake("added", "dout is added to the other input, expected their product")(
            ("y * dout", "y + dout"), ("x * dout", "x + dout")
        ),
        no_upstream(("y * dout", "1.0 * y"), ("x * dout", "1.0 * x")),
        dout_in_place("    dx = y * dout"),
    ),
)

max_forward = forward_task(
    "max",
    "x, y",
    0.5,
    (),
    (
        mistake("minimum", "this is the smaller input, expected the larger")(("np.maximum(x, y)", "np.minimum(x, y)")),
        mistake("one_maximum", "this is one maximum over all entries, expected the larger of each pair")(
            ("np.maximum(x, y)", "np.max([x, y])")
        ),
        mistake("magnitude", "the inputs are compared by their size without sign: -3 is smaller than 2")(
            ("np.maximum(x, y)", "np.where(np.abs(x) >= np.abs(y), x, y)")
        ),
        mistake("relu", "this is max(0, x): y is not used")(("np.maximum(x, y)", "np.maximum(x, 0)")),
        mistake("bool", "this says which input is larger, expected its value")(("np.maximum(x, y)", "1.0 * (x > y)")),
    ),
)


def draw_ties(rng):
    x, y, dout = rng.integers(-1, 2, (3, 4, 5)).astype(float)
    return {"x": x, "y": np.where(rng.random((4, 5)) < 0.5, x, y), "dout": dout + 0.5}


max_backward = backward_task(
    "max",
    "x, y",
    1,
    (values("ties go to x", 1, "dx", "dy", draw=draw_ties),),
    (
        mistake("both", "both inputs get the gradient: the max gate passes it on to the larger one alone")(
            ("dout * (x >= y)", "1.0 * dout"), ("dout * (x < y)", "1.0 * dout")
        ),
        mistake("smaller", "the gradient goes to the smaller input, expected the larger")(
            ("x >= y", "x <= y"), ("x < y", "x > y")
        ),
        mistake("tie_to_y", "at a tie the gradient goes to y, expected x")(("x >= y", "x > y"), ("x < y", "x <= y")),
        mistake("tie_to_both", "at a tie both inputs get the gradient, expected x alone")(("x < y", "x <= y")),
        mistake("tie_to_none", "at a tie no input gets the gradient, expected x")(("x >= y", "x > y")),
        mistake("tie_halved", "at a tie the gradient is shared out in halves, expected all of it at x")(
            ("(x >= y)", "np.where(x == y, 0.5, x > y)"), ("(x < y)", "np.where(x == y, 0.5, x < y)")
        ),
        mistake("values", "the inputs are returned: the gradient is dout times 1 or 0, not times the larger input")(
            ("dout * (x >= y)", "dout * x * (x >= y)"), ("dout * (x < y)", "dout * y * (x < y)")
        ),
        mistake("relu", "the inputs are compared with 0, expected with each other")(
            ("x >= y", "x > 0"), ("x < y", "y > 0")
        ),
        no_upstream(("dout * (x >= y)", "1.0 * (x >= y)"), ("dout * (x < y)", "1.0 * (x < y)")),
        mistake("swapped", SWAPPED)(("return dx, dy", "return dy, dx")),
        dout_in_place("    dx = dout * (x >= y)"),
    ),
)


def draw_far_out(rng):
    """Very large and very small inputs, in one array with ordinary ones."""
    far = np.array([1e3, -1e3, 1e4, -1e4, 710.0, -710.0])
    x = np.concatenate([far, rng.normal(size=4)])
    return {"x": x, "dout": rng.uniform(1, 2, x.size)}


def draw_float32(rng):
    return {"x": rng.normal(size=(3, 4)).astype(np.float32)}


sigmoid_forward = forward_task(
    "sigmoid",
    "x",
    0.5,
    (
        values(
            "right at +-1000, never nan", 0.5, "out", draw=keep_inputs(draw_far_out, "x"), cases=2, strict="extremes"
        ),
        values(
            "float32 stays float32",
            0.5,
            "float32_kept",
            call="out, cache = sigmoid_gate_forward(x)\nfloat32_kept = out.dtype == np.float32",
            draw=draw_float32,
            cases=1,
            proves=False,
        ),
    ),
    (
        mistake("no_one", "this is 1 / e^-x: the 1 in the denominator 1 + e^-x is missing")(
            ("np.where(x >= 0, 1, small) / (1 + small)", "np.exp(x)")
        ),
        mistake("wrong_sign", "this is 1 / (1 + e^x): the exponent is -x")(("x >= 0", "x < 0")),
        mistake("overflows", "e^x / (1 + e^x) is nan where e^x overflows: use an exponent that is never positive")(
            ("np.where(x >= 0, 1, small) / (1 + small)", "np.exp(x) / (1 + np.exp(x))")
        ),
        mistake("tanh", "this is tanh(x), expected the sigmoid, which lies between 0 and 1")(
            ("np.where(x >= 0, 1, small) / (1 + small)", "np.tanh(x)")
        ),
        mistake("slope", "this is the derivative of the sigmoid, expected the sigmoid itself")(
            ("    cache = out", "    out = out * (1 - out)\n    cache = out")
        ),
        mistake("minus_one", "the denominator is 1 - e^-x, expected 1 + e^-x")(
            ("np.where(x >= 0, 1, small) / (1 + small)", "1 / (1 - np.exp(-x))")
        ),
        mistake("folded", "e^-|x| is used for every x: for x below 0 the numerator is e^x too")(
            ("np.where(x >= 0, 1, small)", "1")
        ),
        mistake("double", "the result is float64 though x is float32: compute in the dtype of x")(
            ("np.where(x >= 0, 1, small)", "np.where(x >= 0, np.float64(1), small)")
        ),
    ),
)

sigmoid_backward = backward_task(
    "sigmoid",
    "x",
    1,
    (values("right at +-1000, never nan", 0.5, "dx", draw=draw_far_out, cases=2, strict="extremes"),),
    (
        mistake("no_complement", "the factor 1 - s is missing: the derivative of the sigmoid is s (1 - s)")(
            ("dout * out * (1 - out)", "dout * out")
        ),
        mistake("no_s", "the factor s is missing: the derivative of the sigmoid is s (1 - s)")(
            ("dout * out * (1 - out)", "dout * (1 - out)")
        ),
        mistake("tanh_slope", "1 - s^2 is the derivative of tanh; that of the sigmoid is s (1 - s)")(
            ("out * (1 - out)", "(1 - out**2)")
        ),
        mistake("sigmoid_twice", "the sigmoid is applied once more: the cached output is s(x) already")(
            ("    out = cache", "    out = 1 / (1 + np.exp(-cache))")
        ),
        mistake("plus", "the derivative is s (1 - s), not s (1 + s)")(("(1 - out)", "(1 + out)")),
        mistake("negative", "the sigmoid grows with x, so its derivative is s (1 - s), not s (s - 1)")(
            ("(1 - out)", "(out - 1)")
        ),
        no_upstream(("dout * out * (1 - out)", "out * (1 - out)")),
        mistake(
            "logarithm", "this is the derivative of the sigmoid's inverse: multiply by s (1 - s) instead of dividing"
        )(("dout * out * (1 - out)", "dout / np.maximum(out * (1 - out), 1e-300)")),
        dout_in_place("    dx = dout * out * (1 - out)"),
    ),
)

TASKS = (
    add_forward,
    add_backward,
    multiply_forward,
    multiply_backward,
    max_forward,
    max_backward,
    sigmoid_forward,
    sigmoid_backward,
)

"""Tasks of backprop.ipynb: circuits on numbers."""

import numpy as np

from autograder.tasks.spec import gradients, mistake, task_factory, untouched, values
from chainrule import circuits

__all__ = ["TASKS"]

task = task_factory("assignment2", "backprop", circuits)


def away_from_zero(rng, size=None):
    return rng.uniform(0.3, 2.0, size) * rng.choice([-1.0, 1.0], size)


def draw_three(rng):
    return {name: float(away_from_zero(rng)) for name in "xyz"}


product_circuit = task(
    "product_circuit",
    "f, dx, dy, dz = product_circuit(x, y, z)",
    draw_three,
    (values("value", 1, "f"), gradients("dx, dy, dz against numeric", 2, {"dx": "x", "dy": "y", "dz": "z"}, loss="f")),
    (
        mistake("sum", "this is x + y + z, expected (x + y) z")(("f = q * z", "f = q + z")),
        mistake("precedence", "this is x + y z: the sum x + y comes first")(("f = q * z", "f = x + y * z")),
        mistake("all_product", "this is x y z, expected (x + y) z")(("q = x + y", "q = x * y")),
        mistake("not_switched", "the multiply gate switches its inputs: the gradient at x + y is z, and dz is x + y")(
            ("dq = z", "dq = q"), ("dz = q", "dz = z")
        ),
        mistake("q_like_z", "dz is right, but the gradient at x + y is z, not x + y")(("dq = z", "dq = q")),
        mistake("dz_is_z", "dz is z itself, expected the other input of the product, x + y")(("dz = q", "dz = z")),
        mistake("dz_is_x", "dz is x alone, expected x + y")(("dz = q", "dz = x")),
        mistake(
            "stopped_early",
            "dx and dy are 1, the derivatives of x + y: multiply them by the gradient at x + y, which is z",
        )(("1.0 * dq", "1.0")),
        mistake("swapped_product", "dx is y z and dy is x z, the gradients of x y z: the first gate adds")(
            ("dx = 1.0 * dq", "dx = y * dq"), ("dy = 1.0 * dq", "dy = x * dq")
        ),
        mistake("x_only", "dy is 0: an add gate passes the gradient on to both of its inputs")(
            ("dy = 1.0 * dq", "dy = 0.0 * dq")
        ),
    ),
)


def draw_neuron(rng):
    return {"w": away_from_zero(rng, 3), "x": away_from_zero(rng, 2)}


def draw_neuron_at_rest(rng):
    """All weights 0: the value is 1/2 and the slope 1/4."""
    return draw_neuron(rng) | {"w": np.zeros(3)}


DOT = "w[0] * x[0] + w[1] * x[1] + w[2]"
DW = "np.array([x[0] * dz, x[1] * dz, dz])"
DX = "np.array([w[0] * dz, w[1] * dz])"

sigmoid_neuron = task(
    "sigmoid_neuron",
    "f, dw, dx = sigmoid_neuron(w, x)",
    draw_neuron,
    (
        values("value", 0.5, "f"),
        gradients("dw against numeric", 1, {"dw": "w"}, loss="f"),
        gradients("dx against numeric", 1, {"dx": "x"}, loss="f"),
        values("all weights 0", 0.5, "f", "dw", "dx", draw=draw_neuron_at_rest, cases=2),
        untouched(0.5, "w", "x"),
    ),
    (
        mistake("no_one", "the sigmoid is 1 / (1 + e^-z): the 1 in the denominator is missing")(
            ("1 / (1 + np.exp(-z))", "1 / np.exp(-z)")
        ),
        mistake("wrong_sign", "the sigmoid is 1 / (1 + e^-z): the minus in the exponent is missing")(
            ("np.exp(-z)", "np.exp(z)")
        ),
        mistake("no_bias", "the bias w_2 is not added to the weighted sum")((DOT, "w[0] * x[0] + w[1] * x[1]")),
        mistake("bias_first", "w_0 is used as the bias, but the bias stands last, in w_2")(
            (DOT, "w[0] + w[1] * x[0] + w[2] * x[1]")
        ),
        mistake("linear", "this is the weighted sum: the sigmoid is not applied to it")(("1 / (1 + np.exp(-z))", "z")),
        mistake("no_complement", "the slope of the sigmoid is f (1 - f): the factor 1 - f is forgotten")(
            ("f * (1 - f)", "f")
        ),
        mistake("no_slope", "the gradients do not go through the sigmoid: its slope f (1 - f) is missing")(
            ("dz = f * (1 - f)", "dz = 1.0")
        ),
        mistake("tanh_slope", "1 - f^2 is the slope of tanh; that of the sigmoid is f (1 - f)")(
            ("f * (1 - f)", "1 - f**2")
        ),
        mistake(
            "slope_at_z", "the slope is computed with the weighted sum z instead of f: it is f (1 - f), not z (1 - z)"
        )(("f * (1 - f)", "z * (1 - z)")),
        mistake(
            "swapped", "dw is made from the weights and dx from the inputs: a product gives each factor the other one"
        )((DW, "np.array([w[0] * dz, w[1] * dz, dz])"), (DX, "np.array([x[0] * dz, x[1] * dz])")),
        mistake(
            "no_bias_gradient",
            "the gradient of the bias is 0, expected the slope of the sigmoid: the bias is added to z",
        )((DW, "np.array([x[0] * dz, x[1] * dz, 0.0])")),
        mistake("bias_one", "the gradient of the bias is 1, expected 1 times the slope of the sigmoid")(
            (DW, "np.array([x[0] * dz, x[1] * dz, 1.0])")
        ),
        mistake(
            "bias_gradient_w", "the gradient of the bias is multiplied by w_2: the bias is not multiplied by anything"
        )((DW, "np.array([x[0] * dz, x[1] * dz, w[2] * dz])")),
        mistake("x_reversed", "the entries of dx are swapped: x_0 goes with w_0")(
            (DX, "np.array([w[1] * dz, w[0] * dz])")
        ),
        mistake("in_place", "w or x is changed by the call: make a new array for the gradient")(
            ("return f, dw, dx", "w *= dz\n    return f, dw, dx")
        ),
    ),
)


def draw_two(rng):
    # s(x) + (x + y)^2 is at least 0.1 here, and no input is so large that its sigmoid is flat.
    return {"x": float(away_from_zero(rng)), "y": float(away_from_zero(rng))}


def draw_opposite(rng):
    """x + y = 0: the square has no slope; the gradient comes through the sigmoids and the numerator alone."""
    x = float(away_from_zero(rng))
    return {"x": x, "y": -x}


DX_STAGED = "dx = dtop + dtotal + s_x * (1 - s_x) * ds_x"
DY_STAGED = "dy = dtotal + s_y * (1 - s_y) * ds_y"

staged_circuit = task(
    "staged_circuit",
    "f, dx, dy = staged_circuit(x, y)",
    draw_two,
    (
        values("value", 1, "f"),
        gradients("dx against numeric", 2, {"dx": "x"}, loss="f"),
        gradients("dy against numeric", 1.5, {"dy": "y"}, loss="f"),
        values("where x + y is 0", 0.5, "f", "dx", "dy", draw=draw_opposite),
    ),
    (
        mistake("misspelt_square", "the denominator squares s(y), expected x + y: an intermediate is misspelt")(
            ("square = total**2", "square = s_y**2")
        ),
        mistake("misspelt_sigmoid", "the denominator holds s(y), expected s(x): an intermediate is misspelt")(
            ("bottom = s_x + square", "bottom = s_y + square")
        ),
        mistake("s_x_on_top", "the numerator holds s(x), expected s(y)")(("top = x + s_y", "top = x + s_x")),
        mistake("no_one", "s(z) is 1 / (1 + e^-z): the 1 in the denominator is left out")(
            ("1 / (1 + np.exp(-x))", "1 / np.exp(-x)"), ("1 / (1 + np.exp(-y))", "1 / np.exp(-y)")
        ),
        mistake("not_squared", "x + y is not squared in the denominator")(
            ("square = total**2", "square = total"), ("2 * total * dsquare", "dsquare")
        ),
        mistake(
            "x_overwritten",
            "dx is overwritten: x enters three times, so three terms are added up (`=` where `+=` is due)",
        )((DX_STAGED, "dx = s_x * (1 - s_x) * ds_x")),
        mistake("x_without_top", "dx leaves out the way through the numerator")(
            (DX_STAGED, "dx = dtotal + s_x * (1 - s_x) * ds_x")
        ),
        mistake("x_without_square", "dx leaves out the way through (x + y)^2")(
            (DX_STAGED, "dx = dtop + s_x * (1 - s_x) * ds_x")
        ),
        mistake("x_without_sigmoid", "dx leaves out the way through s(x)")((DX_STAGED, "dx = dtop + dtotal")),
        mistake("y_overwritten", "dy is overwritten: the way through (x + y)^2 is to be added to that through s(y)")(
            (DY_STAGED, "dy = s_y * (1 - s_y) * ds_y")
        ),
        mistake("y_without_sigmoid", "dy leaves out the way through s(y)")((DY_STAGED, "dy = dtotal")),
        mistake(
            "y_like_x",
            "dy gets the gradient of the numerator directly too, but y enters the numerator only inside s(y)",
        )((DY_STAGED, "dy = dtop + dtotal + s_y * (1 - s_y) * ds_y")),
        mistake("no_slope_s_y", "s(y) is passed without its slope s (1 - s)")(("s_y * (1 - s_y) * ds_y", "ds_y")),
        mistake("no_slope_s_x", "s(x) is passed without its slope s (1 - s)")(("s_x * (1 - s_x) * ds_x", "ds_x")),
        mistake("no_complements", "the factor 1 - s is forgotten in the slope of the sigmoids")(
            ("s_x * (1 - s_x)", "s_x"), ("s_y * (1 - s_y)", "s_y")
        ),
        mistake("wrong_slope", "the slope of s(y) is computed with s(x): an intermediate is misspelt on the way back")(
            ("s_y * (1 - s_y)", "s_x * (1 - s_x)")
        ),
        mistake("no_two", "the derivative of (x + y)^2 is 2 (x + y): the 2 is missing")(
            ("2 * total * dsquare", "total * dsquare")
        ),
        mistake("square_passed", "the square is passed without its derivative 2 (x + y)")(
            ("2 * total * dsquare", "dsquare")
        ),
        mistake("quotient_sign", "the derivative of 1 / u is -1 / u^2: the minus is missing")(
            ("-top / bottom**2", "top / bottom**2")
        ),
        mistake("quotient_power", "the derivative of 1 / u is -1 / u^2: the denominator is not squared")(
            ("-top / bottom**2", "-top / bottom")
        ),
        mistake("quotient_top", "the gradient at the denominator is not multiplied by the numerator")(
            ("-top / bottom**2", "-1 / bottom**2")
        ),
        mistake("top_undivided", "the gradient at the numerator is 1 / denominator, not 1")(
            ("dtop = 1 / bottom", "dtop = 1.0")
        ),
    ),
)

TASKS = (product_circuit, sigmoid_neuron, staged_circuit)

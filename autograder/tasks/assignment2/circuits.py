"""Tasks of backprop.ipynb: circuits on numbers, gradients of matrix products, the Jacobian nobody builds."""

import numpy as np

from autograder.tasks.spec import gradients, growth, memory, mistake, tasks_of, untouched, values
from chainrule import circuits

__all__ = ["TASKS"]

task = tasks_of("assignment2", "backprop", circuits)


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
        mistake("x_only", "dy is 0: an add gate hands the gradient on to both of its inputs")(
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
    """x + y = 0: the square has no slope, what is left comes through the sigmoids and the numerator."""
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


def draw_product(rng):
    M, K, N = rng.permutation([2, 3, 4, 5])[:3]
    return {"W": rng.normal(size=(M, K)), "X": rng.normal(size=(K, N)), "dD": rng.normal(size=(M, N))}


def draw_squares(rng):
    """Square matrices: here the shapes do not say which factor stands where."""
    W, X, dD = rng.normal(size=(3, 3, 3))
    return {"W": W, "X": X, "dD": dD}


def draw_column(rng):
    return {"W": rng.normal(size=(3, 4)), "X": rng.normal(size=(4, 1)), "dD": rng.normal(size=(3, 1))}


def draw_float32(rng):
    return {name: array.astype(np.float32) for name, array in draw_product(rng).items()}


MATMUL = "loss = np.sum((W @ X) * dD)\ndW, dX = matmul_backward(dD, W, X)"

matmul_backward = task(
    "matmul_backward",
    MATMUL,
    draw_product,
    (
        gradients("dW and dX against numeric", 1, {"dW": "W", "dX": "X"}),
        values("square matrices", 1, "dW", "dX", draw=draw_squares),
        values("one column, not contiguous in memory", 0.5, "dW", "dX", draw=draw_column, layout="strided"),
        values(
            "float32 stays float32",
            0.5,
            "float32_kept",
            call=MATMUL + "\nfloat32_kept = dW.dtype == dX.dtype == np.float32",
            draw=draw_float32,
            cases=1,
        ),
    ),
    (
        mistake("no_transposes", "neither W nor X is transposed: dW = dD X^T and dX = W^T dD")(
            ("dD @ X.T", "dD @ X"), ("W.T @ dD", "W @ dD")
        ),
        mistake("dW_transposed", "dW is the transpose of the gradient: it has the shape of W")(
            ("dD @ X.T", "(dD @ X.T).T")
        ),
        mistake("dX_transposed", "dX is the transpose of the gradient: it has the shape of X")(
            ("W.T @ dD", "(W.T @ dD).T")
        ),
        mistake(
            "sides_swapped", "the factors stand on the wrong sides: dD stands left in dW and right in dX, as in D = W X"
        )(("dD @ X.T", "X.T @ dD"), ("W.T @ dD", "dD @ W.T")),
        mistake("dW_side", "the factors of dW stand on the wrong sides: it is dD X^T")(("dD @ X.T", "X.T @ dD")),
        mistake("dX_side", "the factors of dX stand on the wrong sides: it is W^T dD")(("W.T @ dD", "dD @ W.T")),
        mistake("dX_with_W", "dX uses W without transposing it")(("W.T @ dD", "W @ dD")),
        mistake("dW_with_X", "dW uses X without transposing it")(("dD @ X.T", "dD @ X")),
        mistake("row_layout", "these are the gradients of D = X W, where the data come first; here D = W X")(
            ("dD @ X.T", "X.T @ dD"), ("W.T @ dD", "dD @ W.T"), ("return dW, dX", "return dX, dW")
        ),
        mistake("swapped", "dW and dX are returned in the wrong order")(("return dW, dX", "return dX, dW")),
        mistake("no_upstream", "dD, the upstream gradient, is not used")(
            ("dD @ X.T", "np.ones_like(dD) @ X.T"), ("W.T @ dD", "W.T @ np.ones_like(dD)")
        ),
        mistake("mean", "the gradients are divided by the number of columns: nothing here is a mean")(
            ("dD @ X.T", "dD @ X.T / X.shape[1]"), ("W.T @ dD", "W.T @ dD / X.shape[1]")
        ),
        mistake("double", "the gradients are float64 though the inputs are float32: compute in their dtype")(
            ("return dW, dX", "return dW.astype(float), dX.astype(float)")
        ),
    ),
)


def draw_vector(rng):
    M, K = rng.permutation([2, 3, 4, 5])[:2]
    return {"W": rng.normal(size=(M, K)), "x": rng.normal(size=K)}


def draw_square_vector(rng):
    return {"W": rng.normal(size=(3, 3)), "x": rng.normal(size=3)}


sum_squares = task(
    "sum_squares",
    "f, dW, dx = sum_squares(W, x)",
    draw_vector,
    (
        values("value", 1, "f"),
        gradients("dW and dx against numeric", 2, {"dW": "W", "dx": "x"}, loss="f"),
        values("a square matrix", 0.5, "f", "dW", "dx", draw=draw_square_vector),
        untouched(0.5, "W", "x"),
    ),
    (
        mistake("norm", "this is the norm of W x, expected its square")(("np.sum(q**2)", "np.sqrt(np.sum(q**2))")),
        mistake("sum", "the entries of W x are added up without squaring them")(("np.sum(q**2)", "np.sum(q)")),
        mistake("mean", "this is the mean of the squares, expected their sum")(("np.sum(q**2)", "np.mean(q**2)")),
        mistake("half", "this is half the sum of the squares, and its gradients: there is no 1/2 here")(
            ("np.sum(q**2)", "0.5 * np.sum(q**2)"), ("dq = 2 * q", "dq = q")
        ),
        mistake("no_two", "the factor 2 is missing in the gradients: the derivative of q^2 is 2 q")(
            ("dq = 2 * q", "dq = q")
        ),
        mistake("two_twice", "the factor 2 is in the gradients twice")(("dq = 2 * q", "dq = 4 * q")),
        mistake("dW_transposed", "dW is transposed: its shape is that of W, so it is the outer product of 2 W x and x")(
            ("np.outer(dq, x)", "np.outer(x, dq)")
        ),
        mistake("dx_not_transposed", "dx uses W, expected its transpose")(("W.T @ dq", "W @ dq")),
        mistake("constant_q", "the gradient at W x is taken to be 2, expected 2 W x")(("dq = 2 * q", "dq = 2 + 0 * q")),
        mistake("dW_of_x", "dW holds x in every row: each row is multiplied by its own entry of 2 W x")(
            ("np.outer(dq, x)", "np.outer(np.ones_like(dq), x)")
        ),
        mistake("elementwise", "dW is 2 W: that is the gradient of the sum of the squares of W, without x")(
            ("np.outer(dq, x)", "2 * W")
        ),
        mistake("in_place", "W or x is changed by the call: compute a new array")(
            ("return f, dW, dx", "x *= 2\n    return f, dW, dx")
        ),
    ),
)


def draw_inputs(rng):
    x = rng.permutation(np.concatenate([-rng.uniform(0.5, 2, 2), rng.uniform(0.5, 2, 3)]))
    return {"x": x, "dout": rng.normal(size=5)}


def draw_zeros(rng):
    inputs = draw_inputs(rng)
    inputs["x"][rng.choice(5, 2, replace=False)] = 0.0
    return inputs


def jacobian_inputs(draw):
    def drawn(rng):
        return {"x": draw(rng)["x"]}

    return drawn


POSITIVE = "np.where(x > 0, 1.0, 0.0)"

maximum_jacobian = task(
    "maximum_jacobian",
    "J = maximum_jacobian(x)",
    jacobian_inputs(draw_inputs),
    (values("Jacobian", 1.5, "J"), values("0 where x is 0", 0.5, "J", draw=jacobian_inputs(draw_zeros))),
    (
        mistake("vector", "this is only the diagonal, a vector: the Jacobian has n rows and n columns")(
            (f"np.diag({POSITIVE})", POSITIVE)
        ),
        mistake("identity", "every entry of the diagonal is 1, but max(0, x) does not change where x is below 0")(
            (POSITIVE, "np.ones_like(x)")
        ),
        mistake("values", "the diagonal holds max(0, x) itself, expected its derivative, 1 or 0")(
            (POSITIVE, "np.maximum(x, 0)")
        ),
        mistake(
            "full", "all entries of a row are filled, but output i depends on input i alone: only the diagonal is not 0"
        )((f"np.diag({POSITIVE})", f"np.outer({POSITIVE}, np.ones_like(x))")),
        mistake("sign", "the diagonal is -1 where x is below 0, expected 0: this is the derivative of |x|")(
            (POSITIVE, "np.sign(x)")
        ),
        mistake("opposite", "the diagonal is 1 where x is below 0, expected where it is above")(("x > 0", "x <= 0")),
        mistake("one_at_zero", "the derivative at x = 0 is 1, expected 0")(("x > 0", "x >= 0")),
        mistake("half_at_zero", "the derivative at x = 0 is 1/2, expected 0")((POSITIVE, "np.heaviside(x, 0.5)")),
    ),
)


def draw_long(N):
    def draw(rng):
        return {"x": rng.normal(size=N), "dout": rng.normal(size=N), "N": N}

    return draw


MASKED = "dout * (x > 0)"

maximum_backward = task(
    "maximum_backward",
    "loss = np.sum(np.maximum(0, x) * dout)\ndx = maximum_backward(dout, x)",
    draw_inputs,
    (
        gradients("dx against numeric", 1, {"dx": "x"}),
        values("0 where x is 0", 0.5, "dx", draw=draw_zeros),
        untouched(0.5, "dout", "x"),
        growth(0.5, draw_long(20), draw_long(200)),
        memory("no (n, n) array", 1, draw_long(1000), limit=1000 * 1000),
    ),
    (
        mistake("no_mask", "dout is handed on everywhere: where x is below 0 nothing comes back")(
            (MASKED, "1.0 * dout")
        ),
        mistake("mask_of_dout", "the mask is made from dout, expected from x")((MASKED, "dout * (dout > 0)")),
        mistake("output", "this is the output max(0, x), not its gradient")((MASKED, "np.maximum(0, x)")),
        mistake("times_x", "dout is multiplied by max(0, x), expected by 1 or 0")((MASKED, "dout * np.maximum(0, x)")),
        mistake("no_upstream", "this is the mask alone: multiply it by dout")((MASKED, "1.0 * (x > 0)")),
        mistake("one_at_zero", "dout is handed on where x = 0, expected 0 there")(("x > 0", "x >= 0")),
        mistake("opposite", "dout is handed on where x is below 0, expected where it is above")(("x > 0", "x < 0")),
        mistake("sign", "dout is multiplied by the sign of x: where x is below 0 the factor is 0, not -1")(
            (MASKED, "dout * np.sign(x)")
        ),
        mistake("in_place", "dout is changed by the call: write into a copy")(
            (f"return {MASKED}", "dout[x <= 0] = 0\n    return dout")
        ),
        mistake("jacobian", "the (n, n) Jacobian is built to be multiplied once: only its diagonal is needed")(
            (MASKED, "dout @ np.diag((x > 0).astype(x.dtype))")
        ),
        mistake("loop", "a loop over the entries is left")(
            (MASKED, "np.array([d if v > 0 else 0.0 for d, v in zip(dout, x)])")
        ),
    ),
)

TASKS = (
    product_circuit,
    sigmoid_neuron,
    staged_circuit,
    matmul_backward,
    sum_squares,
    maximum_jacobian,
    maximum_backward,
)

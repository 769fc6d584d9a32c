"""Tasks of backprop.ipynb: gradients of matrix products, the Jacobian that need not be built."""

import numpy as np

from autograder.tasks.spec import gradients, growth, memory, mistake, task_factory, untouched, values
from chainrule import circuits

__all__ = ["TASKS"]

task = task_factory("assignment2", "backprop", circuits)


def draw_product(rng):
    M, K, N = rng.permutation([2, 3, 4, 5])[:3]
    return {"W": rng.normal(size=(M, K)), "X": rng.normal(size=(K, N)), "dD": rng.normal(size=(M, N))}


def draw_squares(rng):
    """Square matrices: their shapes do not tell the order of the factors."""
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
            proves=False,
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
        mistake("no_mask", "dout is passed on everywhere: where x is below 0 nothing comes back")(
            (MASKED, "1.0 * dout")
        ),
        mistake("mask_of_dout", "the mask is made from dout, expected from x")((MASKED, "dout * (dout > 0)")),
        mistake("output", "this is the output max(0, x), not its gradient")((MASKED, "np.maximum(0, x)")),
        mistake("times_x", "dout is multiplied by max(0, x), expected by 1 or 0")((MASKED, "dout * np.maximum(0, x)")),
        mistake("no_upstream", "this is the mask alone: multiply it by dout")((MASKED, "1.0 * (x > 0)")),
        mistake("one_at_zero", "dout is passed on where x = 0, expected 0 there")(("x > 0", "x >= 0")),
        mistake("opposite", "dout is passed on where x is below 0, expected where it is above")(("x > 0", "x < 0")),
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

TASKS = (matmul_backward, sum_squares, maximum_jacobian, maximum_backward)

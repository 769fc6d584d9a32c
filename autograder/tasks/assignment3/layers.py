"""Tasks of fully_connected.ipynb: the fully connected layer, the ReLU, and the two losses on scores."""

import numpy as np

from autograder.tasks.layer_checks import (
    CHANGES_DOUT,
    CHANGES_X,
    DOUT_MISSING,
    FLOAT64,
    backward_twice,
    draw_any_shape,
    draw_zeros,
    float32,
    in_float32,
    with_dtype_check,
)
from autograder.tasks.spec import gradient, gradients, mistake, task_factory, values
from chainrule import layers

__all__ = ["TASKS"]

task = task_factory("assignment3", "fully_connected", layers)


# The fully connected layer.


def draw_affine(rng, N=None, rank=1):
    sizes = rng.permutation([2, 3, 4])[:rank]
    D, M, N = int(np.prod(sizes)), int(rng.integers(5, 7)), N or int(rng.integers(7, 10))
    return {
        "x": rng.normal(size=(N, *sizes)),
        "w": rng.normal(size=(D, M)),
        "b": rng.normal(size=M),
        "dout": rng.normal(size=(N, M)),
    }


def draw_images(rng):
    return draw_affine(rng, 2, rank=3)


def draw_one_image(rng):
    return draw_affine(rng, 1, rank=2)


AFFINE = "out, cache = affine_forward(x, w, b)"
AFFINE_BACKWARD = f"{AFFINE}\nloss = (out * dout).sum()\ndx, dw, db = affine_backward(dout, cache)"

affine_forward = task(
    "affine_forward",
    AFFINE,
    draw_affine,
    (
        values("rows of numbers", 0.5, "out"),
        values("images, and one alone", 0.5, "out", draw=(draw_images, draw_one_image), cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("out", "float32_kept", "x", "w", "b"),
            call=with_dtype_check(AFFINE, "out"),
            draw=draw_affine,
        ),
    ),
    (
        mistake("no_bias", "the bias b is not added")((" + b", "")),
        mistake("minus_bias", "the bias b is subtracted, expected it to be added")((" + b", " - b")),
        mistake(
            "scrambled",
            "the images are flattened to columns and read as rows, so that they are mixed: reshape to (N, D)",
        )(("x.reshape(len(x), -1)", "x.reshape(len(x), -1).reshape(-1, len(x)).T")),
        mistake("fortran", "each image is flattened in another order than NumPy's own: the last index runs fastest")(
            ("x.reshape(len(x), -1)", "x.reshape(len(x), -1, order='F')")
        ),
        mistake("relu_inside", "negative outputs are cut to 0, but the non-linearity is a layer of its own")(
            ("x.reshape(len(x), -1) @ w + b", "np.maximum(0, x.reshape(len(x), -1) @ w + b)")
        ),
        mistake("mean", "the products are averaged over the D numbers of an image, expected their sum")(
            ("@ w", "@ w / w.shape[0]")
        ),
        mistake("float64", FLOAT64)(("return out,", "return out.astype(np.float64),")),
        mistake("changes_x", "x is changed by the call: do not work in place on an input")(
            ("return out,", "x *= 2\n    return out,")
        ),
    ),
)

affine_backward = task(
    "affine_backward",
    AFFINE_BACKWARD,
    draw_affine,
    (
        gradient("dx against numeric", 0.5, "dx", "loss", "x"),
        gradients("dw and db against numeric", 0.5, {"dw": "w", "db": "b"}),
        values("images, and one alone", 0.5, "dx", "dw", "db", draw=(draw_images, draw_one_image), cases=2),
        in_float32(
            "a second time: same, float32, dout unchanged",
            0.5,
            *("dx", "dw", "db", "float32_kept", "dout"),
            call=backward_twice(AFFINE_BACKWARD),
            draw=draw_affine,
        ),
    ),
    (
        mistake("dx_flat", "dx is left flat: it has the shape of x, (N, d_1, ..., d_k)")((".reshape(x.shape)", "")),
        mistake("dx_scrambled", "dx has the shape of x, but its numbers are out of order: reshape (N, D) directly")(
            ("(dout @ w.T).reshape(x.shape)", "(w @ dout.T).reshape(x.shape)")
        ),
        mistake("dw_mean", "dw is divided by N: the mean belongs to the loss, and dout holds it already")(
            (".T @ dout", ".T @ dout / len(x)")
        ),
        mistake("dw_transposed", "dw is transposed: it has the shape of w, (D, M)")(
            ("return dx, dw, db", "return dx, dw.T, db")
        ),
        mistake("db_mean", "db is the mean of dout over the images, expected the sum")(("np.sum(dout", "np.mean(dout")),
        mistake("db_axis", "db is summed over the outputs (axis=1), expected over the images (axis=0)")(
            ("axis=0", "axis=1")
        ),
        mistake("db_keepdims", "db has shape (1, M), expected that of b, (M,)")(("axis=0)", "axis=0, keepdims=True)")),
        mistake("db_ones", "db is dout itself: b is used by every image, so its gradients add up over N")(
            ("np.sum(dout, axis=0)", "dout")
        ),
        mistake("order", "dw and db are returned before dx: the order is that of the inputs x, w, b")(
            ("return dx, dw, db", "return dw, db, dx")
        ),
        mistake("float64", FLOAT64)(("return dx,", "return dx.astype(np.float64),")),
    ),
)

# The rectified linear unit.


RELU = "out, cache = relu_forward(x)"
RELU_BACKWARD = f"{RELU}\nloss = (out * dout).sum()\ndx = relu_backward(dout, cache)"

relu_forward = task(
    "relu_forward",
    RELU,
    draw_any_shape,
    (
        values("arrays of any shape", 0.5, "out"),
        values(
            "float32 kept, x unchanged",
            0.5,
            *("out", "float32_kept", "x"),
            call=with_dtype_check(RELU, "out"),
            draw=float32(draw_zeros),
            layout="strided",
        ),
    ),
    (
        mistake("minimum", "the negative part is kept, expected the positive one: max(0, x)")(
            ("np.maximum", "np.minimum")
        ),
        mistake("absolute", "negative numbers come out positive, expected 0")(("np.maximum(0, x)", "np.abs(x)")),
        mistake("mask", "these are 1 and 0, expected x itself where it is positive")(
            ("np.maximum(0, x)", "1.0 * (x > 0)")
        ),
        mistake("leaky", "a part of the negative numbers passes: that is the leaky ReLU, expected 0")(
            ("np.maximum(0, x)", "np.maximum(0.01 * x, x)")
        ),
        mistake("at_one", "numbers above 1 are cut to 1, too: the ReLU has no upper limit")(
            ("np.maximum(0, x)", "np.clip(x, 0, 1)")
        ),
        mistake("identity", "x comes out as it went in: negative numbers become 0")(("np.maximum(0, x)", "x + 0")),
        mistake("float64", FLOAT64)(("np.maximum(0, x)", "np.maximum(0, x).astype(np.float64)")),
        mistake("in_place", CHANGES_X)(("return np.maximum(0, x), x", "x *= x > 0\n    return x + 0, x")),
    ),
)

relu_backward = task(
    "relu_backward",
    RELU_BACKWARD,
    draw_any_shape,
    (
        gradient("dx against numeric", 0.5, "dx", "loss", "x"),
        values(
            "a second time, with zeros: same, float32, dout and x unchanged",
            0.5,
            *("dx", "float32_kept", "dout", "x"),
            call=backward_twice(RELU_BACKWARD),
            draw=float32(draw_zeros),
            layout="strided",
        ),
    ),
    (
        mistake("no_mask", "dout passes everywhere, expected 0 where x is not positive")(
            ("dout * (x > 0)", "dout + 0")
        ),
        mistake("mask_of_dout", "the mask comes from the signs of dout, expected those of x")(
            ("(x > 0)", "(dout > 0)")
        ),
        mistake("no_dout", DOUT_MISSING)(("dout * (x > 0)", "1 * (x > 0).astype(x.dtype)")),
        mistake("mask_reversed", "dout passes where x is negative, expected where it is positive")(("x > 0", "x < 0")),
        mistake("at_zero", "dout passes at x = 0, too, expected where x > 0 only")(("x > 0", "x >= 0")),
        mistake("times_x", "dout is multiplied by max(0, x), expected by the derivative: 1 or 0")(
            ("(x > 0)", "np.maximum(0, x)")
        ),
        mistake("float64", FLOAT64)(("dout * (x > 0)", "dout * np.where(x > 0, np.float64(1), np.float64(0))")),
        mistake("changes_dout", CHANGES_DOUT)(("return dout * (x > 0)", "dout *= x > 0\n    return dout + 0")),
        mistake("changes_x", CHANGES_X)(
            ("return dout * (x > 0)", "x[x <= 0] = 0\n    x[x > 0] = 1\n    return dout * x")
        ),
    ),
)

TASKS = (affine_forward, affine_backward, relu_forward, relu_backward)

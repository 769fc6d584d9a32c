"""Tasks of fully_connected.ipynb: sigmoid, tanh, leaky ReLU, ELU and maxout, forward and backward."""

from autograder.tasks.layer_checks import (
    CATCH_WARNINGS,
    CHANGES_DOUT,
    CHANGES_X,
    DOUT_MISSING,
    FLOAT64,
    OVERFLOW,
    draw_any_shape,
    in_float32,
)
from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule import activations

__all__ = ["TASKS"]


task = task_factory("assignment3", "fully_connected", activations)


def draw_extremes(rng):
    """Some numbers as large as 1000, of both signs, and a zero."""
    inputs = draw_any_shape(rng)
    inputs["x"].flat[:5] = [1e3, -1e3, 0.0, 300.0, -300.0]
    return inputs


def with_alpha(draw):
    """The same inputs and a slope for the negative side."""

    def drawn(rng):
        return draw(rng) | {"alpha": float(rng.uniform(0.1, 0.4))}

    return drawn


def elementwise(name, forward_mistakes, backward_mistakes, alpha=False):
    """Return the forward and the backward Task of an elementwise activation."""
    forward, extra = f"{name}_forward", ", alpha" if alpha else ""
    with_inputs = with_alpha if alpha else lambda draw: draw
    call = f"out, cache = {forward}(x{extra})"
    backward = f"dx = {name}_backward(dout, cache)"
    forward_and_backward = f"{call}\nloss = (out * dout).sum()\n{backward}"
    default = f"{call.replace('x', 'x.copy()')}\nout_default, _ = {forward}(x)"
    checks = (
        values("arrays of any shape", 0.5, "out", "out_default", call=default),
        in_float32(
            "1000 and -1000: right, quiet, float32; x unchanged",
            0.5,
            *("out", "no_warning", "float32_kept", "x"),
            call=CATCH_WARNINGS.format(call, "out"),
            draw=with_inputs(draw_extremes),
            strict="extremes",
        ),
    )
    second_call = call + CATCH_WARNINGS.format(f"{backward.replace('dout', 'dout.copy()')}\n    {backward}", "dx")
    backward_checks = (
        gradient("dx against numeric", 0.5, "dx", "loss", "x"),
        in_float32(
            "1000 and -1000, a second time: same, quiet, float32; dout unchanged",
            0.5,
            *("dx", "no_warning", "float32_kept", "dout"),
            call=second_call,
            draw=with_inputs(draw_extremes),
            strict="extremes",
        ),
    )
    draw = with_inputs(draw_any_shape)
    return (
        task(forward, call, draw, checks, forward_mistakes),
        task(f"{name}_backward", forward_and_backward, draw, backward_checks, backward_mistakes),
    )


def returns(text, replacement):
    """Return an edit of the return line: `replacement` instead of `text`."""
    return (f"return {text}", f"return {replacement}")


SIGMOID = "out = np.where(x >= 0, 1, small) / (1 + small)"
ALPHA_FIXED = "alpha is not used: the value of the default stands in its place"

sigmoid = elementwise(
    "sigmoid",
    (
        mistake("no_one", "this is 1 / e^-x: the 1 in 1 + e^-x is missing")((SIGMOID, "out = 1 / np.exp(-x)")),
        mistake("sign", "the sigmoid falls from 1 to 0, expected to rise: e^-x is due, not e^x")(
            (SIGMOID, "out = np.where(x >= 0, small, 1) / (1 + small)")
        ),
        mistake("tanh", "this is tanh, from -1 to 1; the sigmoid goes from 0 to 1")((SIGMOID, "out = np.tanh(x)")),
        mistake("half", "this is the sigmoid of 2x, expected of x")((SIGMOID, "out = 0.5 * (1 + np.tanh(x))")),
        mistake("derivative", "this is the derivative s (1 - s), expected s itself")(
            ("return out, out", "return out * (1 - out), out")
        ),
        mistake("overflow", OVERFLOW)((SIGMOID, "out = 1 / (1 + np.exp(-x))")),
        mistake("nan", "e^x / (1 + e^x) is infinity over infinity for large x: use e^-x where x is positive")(
            (SIGMOID, "out = np.exp(x) / (1 + np.exp(x))")
        ),
        mistake("clipped", "x is cut off so that exp does not overflow, and the ends of the curve come out wrong")(
            (SIGMOID, "out = 1 / (1 + np.exp(-np.clip(x, -5, 5)))")
        ),
        mistake("float64", FLOAT64)(("return out,", "return out.astype(np.float64),")),
        mistake("in_place", CHANGES_X)(("return out, out", "x *= -1\n    return out, out")),
    ),
    (
        mistake("no_one_minus", "the factor 1 - s is missing from s (1 - s)")(
            returns("dout * out * (1 - out)", "dout * out")
        ),
        mistake("no_s", "the factor s is missing from s (1 - s)")(
            returns("dout * out * (1 - out)", "dout * (1 - out)")
        ),
        mistake("no_dout", DOUT_MISSING)(("dout * out", "out")),
        mistake("tanh", "this is the derivative of tanh, 1 - s^2; that of the sigmoid is s (1 - s)")(
            ("out * (1 - out)", "(1 - out**2)")
        ),
        mistake("sigmoid_again", "the sigmoid is taken of a value that has been through it already")(
            ("out = cache", "out = 1 / (1 + np.exp(-cache))")
        ),
        mistake("plus", "the derivative is s (1 - s), not s (1 + s)")(("1 - out", "1 + out")),
        mistake("float64", FLOAT64)(("dout * out", "dout.astype(np.float64) * out")),
        mistake("changes_dout", CHANGES_DOUT)(
            ("return dout * out * (1 - out)", "dout *= out * (1 - out)\n    return dout + 0")
        ),
    ),
)

tanh = elementwise(
    "tanh",
    (
        mistake("sigmoid", "this is the sigmoid, from 0 to 1; tanh goes from -1 to 1")(
            ("np.tanh(x)", "0.5 * (1 + np.tanh(x / 2))")
        ),
        mistake("half", "this is tanh(x / 2): in 2 s(2x) - 1 the sigmoid is taken of 2x")(
            ("np.tanh(x)", "np.tanh(x / 2)")
        ),
        mistake("nan", "the exponentials overflow for large numbers, and infinity over infinity is nan")(
            ("np.tanh(x)", "(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))")
        ),
        mistake("inverted", "this is (e^x + e^-x) / (e^x - e^-x): numerator and denominator are swapped")(
            ("np.tanh(x)", "1 / np.tanh(np.where(x == 0, 1, x))")
        ),
        mistake("minus", "the sign is wrong: tanh(x) is positive for positive x")(("np.tanh(x)", "-np.tanh(x)")),
        mistake("tangent", "this is the trigonometric tangent, expected the hyperbolic one")(
            ("np.tanh(x)", "np.tan(x)")
        ),
        mistake("derivative", "this is the derivative 1 - tanh^2, expected tanh itself")(
            ("return out, out", "return 1 - out**2, out")
        ),
        mistake("float64", FLOAT64)(("return out,", "return out.astype(np.float64),")),
        mistake("in_place", CHANGES_X)(("return out, out", "x[...] = out\n    return out, out")),
    ),
    (
        mistake("no_square", "the square is missing: the derivative is 1 - tanh^2")(("out**2", "out")),
        mistake("sigmoid", "this is the derivative of the sigmoid, s (1 - s); that of tanh is 1 - tanh^2")(
            ("(1 - out**2)", "out * (1 - out)")
        ),
        mistake("square_outside", "the whole difference is squared: 1 - tanh^2, not (1 - tanh)^2")(
            ("(1 - out**2)", "(1 - out) ** 2")
        ),
        mistake("no_dout", DOUT_MISSING)(("dout * (1 - out**2)", "1 - out**2")),
        mistake("tanh_again", "tanh is taken of a value that has been through it already")(
            ("out = cache", "out = np.tanh(cache)")
        ),
        mistake("plus", "the derivative is 1 - tanh^2, not 1 + tanh^2")(("1 - out", "1 + out")),
        mistake("float64", FLOAT64)(("dout *", "dout.astype(np.float64) *")),
        mistake("changes_dout", CHANGES_DOUT)(
            ("return dout * (1 - out**2)", "dout *= 1 - out**2\n    return dout + 0")
        ),
    ),
)

leaky_relu = elementwise(
    "leaky_relu",
    (
        mistake("relu", "negative numbers become 0, as in the plain ReLU: alpha * x is due")(("alpha * x)", "0 * x)")),
        mistake("minus", "the negative side comes out positive: alpha * x keeps the sign of x")(
            ("alpha * x)", "-alpha * x)")
        ),
        mistake("constant", "the negative side is alpha itself, expected alpha * x")(("alpha * x)", "alpha + 0 * x)")),
        mistake("swapped", "alpha multiplies the positive side, expected the negative one")(
            ("x > 0, x, alpha * x", "x > 0, alpha * x, x")
        ),
        mistake("alpha_fixed", ALPHA_FIXED)(("alpha * x)", "x.dtype.type(0.01) * x)")),
        mistake("divided", "the negative side is divided by alpha, expected multiplied")(("alpha * x)", "x / alpha)")),
        mistake("float64", FLOAT64)(("np.where(x > 0, x, alpha * x)", "np.where(x > 0, x, np.float64(alpha) * x)")),
        mistake("in_place", CHANGES_X)(("return np.where(x > 0, x, alpha * x)", "x[x < 0] *= alpha\n    return x + 0")),
    ),
    (
        mistake("relu", "the gradient is 0 on the negative side, expected alpha * dout")(("alpha * dout", "0 * dout")),
        mistake("no_dout", DOUT_MISSING)(("x > 0, dout, alpha * dout", "x > 0, 1 + 0 * dout, alpha + 0 * dout")),
        mistake("alpha_fixed", ALPHA_FIXED)(("alpha * dout", "dout.dtype.type(0.01) * dout")),
        mistake("swapped", "alpha multiplies dout on the positive side, expected on the negative one")(
            ("x > 0, dout, alpha * dout", "x > 0, alpha * dout, dout")
        ),
        mistake("mask_of_dout", "the side is chosen by the sign of dout, expected by the sign of x")(
            ("x > 0", "dout > 0")
        ),
        mistake("everywhere", "dout is multiplied by alpha on both sides, expected on the negative one alone")(
            ("x > 0, dout,", "x > 0, alpha * dout,")
        ),
        mistake("minus", "the slope of the negative side is alpha, not -alpha")(("alpha * dout", "-alpha * dout")),
        mistake("at_zero", "at x = 0 the slope is taken to be 1, expected alpha: the condition is x > 0")(
            ("x > 0", "x >= 0")
        ),
        mistake("changes_dout", CHANGES_DOUT)(
            ("return np.where(x > 0, dout, alpha * dout)", "dout[x <= 0] *= alpha\n    return dout + 0")
        ),
    ),
    alpha=True,
)

elu = elementwise(
    "elu",
    (
        mistake("no_minus_one", "the 1 is missing from alpha * (e^x - 1): the curve jumps at 0")(
            ("(np.exp(negative) - 1)", "np.exp(negative)")
        ),
        mistake("alpha_fixed", ALPHA_FIXED)(("alpha * (np.exp", "(np.exp")),
        mistake("alpha_inside", "alpha stands inside the exponential, expected in front: alpha * (e^x - 1)")(
            ("alpha * (np.exp(negative) - 1)", "np.exp(alpha * negative) - 1")
        ),
        mistake("one_outside", "this is alpha * e^x - 1, expected alpha * (e^x - 1): mind the brackets")(
            ("alpha * (np.exp(negative) - 1)", "alpha * np.exp(negative) - 1")
        ),
        mistake("sign", "the negative side holds e^-x, expected e^x")(("np.exp(negative)", "np.exp(-negative)")),
        mistake("leaky", "the negative side is a straight line, as in the leaky ReLU: alpha * (e^x - 1) is due")(
            ("(np.exp(negative) - 1)", "negative")
        ),
        mistake("overflow", OVERFLOW)(("np.exp(negative)", "np.exp(x)")),
        mistake("nan", "0 times infinity is nan: choose the side by np.where, and let exp see numbers up to 0 only")(
            ("np.where(x > 0, x, alpha * (np.exp(negative) - 1))", "(x > 0) * x + (x <= 0) * alpha * (np.exp(x) - 1)")
        ),
        mistake("float64", FLOAT64)(("alpha * (np.exp", "np.float64(alpha) * (np.exp")),
        mistake("in_place", CHANGES_X)(
            (
                "return np.where(x > 0, x, alpha * (np.exp(negative) - 1))",
                "x[x < 0] = (alpha * (np.exp(negative) - 1))[x < 0]\n    return x + 0",
            )
        ),
    ),
    (
        mistake(
            "output", "the output alpha * (e^x - 1) stands for the slope on the negative side, which is alpha * e^x"
        )(("np.exp(negative)", "(np.exp(negative) - 1)")),
        mistake("alpha_missing", "alpha is missing from the slope alpha * e^x")(("dout * alpha *", "dout *")),
        mistake("no_exp", "the slope of the negative side is alpha * e^x, not alpha")((" * np.exp(negative)", "")),
        mistake("no_dout", DOUT_MISSING)(("x > 0, dout, dout * alpha", "x > 0, 1 + 0 * dout, alpha")),
        mistake("relu", "the gradient is 0 on the negative side, expected dout * alpha * e^x")(
            ("dout * alpha *", "0 * dout *")
        ),
        mistake("mask_of_dout", "the side is chosen by the sign of dout, expected by the sign of x")(
            ("x > 0", "dout > 0")
        ),
        mistake("overflow", OVERFLOW)(("np.exp(negative)", "np.exp(x)")),
        mistake("both_sides", "the slope alpha * e^x is used on the positive side, too: there it is 1")(
            ("x > 0, dout,", "x > 0, dout * alpha * np.exp(x),")
        ),
        mistake("changes_dout", CHANGES_DOUT)(
            (
                "return np.where(x > 0, dout, dout * alpha * np.exp(negative))",
                "dout *= np.where(x > 0, 1, alpha * np.exp(negative))\n    return dout + 0",
            )
        ),
    ),
    alpha=True,
)

TASKS = (*sigmoid, *tanh, *leaky_relu, *elu)

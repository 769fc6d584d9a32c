"""Tasks of gan.ipynb: the generators and the discriminators, fully connected and convolutional.

A net is judged by its outputs for parameters that are set from outside; its __init__ is not run.
"""

import numpy as np

from autograder.tasks.layer_checks import CHANGES_DOUT, FIRST_ENTRIES, FLOAT64, float32
from autograder.tasks.spec import Task, gradients, mistake, values
from chainrule.gan import nets

__all__ = ["TASKS"]

NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
SINGLE = 1e-4  # three layers in single precision keep five digits

# How large W1, b1 ... are, and one input and one output.
DENSE_GENERATOR = {"W1": (3, 6), "b1": 6, "W2": (6, 6), "b2": 6, "W3": (6, 4), "b3": 4, "x": (3,), "out": (4,)}
DENSE_DISCRIMINATOR = {"W1": (5, 6), "b1": 6, "W2": (6, 6), "b2": 6, "W3": (6, 1), "b3": 1, "x": (5,), "out": ()}
CONV_GENERATOR = {"W1": (5, 24), "b1": 24, "W2": (6, 3, 4, 4), "b2": 3, "W3": (3, 1, 4, 4), "b3": 1}
CONV_GENERATOR |= {"x": (5,), "out": (1, 8, 8)}
CONV_DISCRIMINATOR = {"W1": (3, 1, 4, 4), "b1": 3, "W2": (6, 3, 4, 4), "b2": 6, "W3": (24, 1), "b3": 1}
CONV_DISCRIMINATOR |= {"x": (1, 8, 8), "out": ()}
# One filter where three would take long to differentiate numerically.
SMALL = {
    "ConvGenerator": CONV_GENERATOR
    | {"W1": (2, 8), "b1": 8, "W2": (2, 1, 4, 4), "b2": 1, "W3": (1, 1, 4, 4), "x": (2,)},
    "ConvDiscriminator": CONV_DISCRIMINATOR | {"W1": (1, 1, 4, 4), "b1": 1, "W2": (2, 1, 4, 4), "b2": 2, "W3": (8, 1)},
}


def draw_net(sizes, N, alive=False):
    """Return a function that draws parameters and N inputs. tanh does not saturate; alive: no ReLU is 0 for all pixels."""

    def draw(rng):
        params = {name: rng.normal(size=sizes[name]) for name in ("b1", "b2", "b3")}
        if alive:
            params = {name: np.abs(b) + 0.2 for name, b in params.items()}
        for name in ("W1", "W2", "W3"):
            W = rng.normal(size=sizes[name])
            params[name] = W / np.sqrt(W.size / len(params["b" + name[1]]))
        images = {key: rng.normal(size=(N, *sizes[key])) for key in ("x", "out")}
        return params | {"x": images["x"], "dout": images["out"]}

    return draw


FORWARD = """net = CLASS.__new__(CLASS)
net.params = dict(W1=W1, b1=b1, W2=W2, b2=b2, W3=W3, b3=b3)
out, cache = net.forward(x)
"""
SAVED = "float32_kept = str(out.dtype) == 'float32'\n"
TAKE = "".join(f"d{name} = grads['{name}']\n" for name in NAMES)
BACKWARD = FORWARD + "loss = (out * dout).sum()\ndx, grads = net.backward(dout, cache)\n" + TAKE
AGAIN = (
    BACKWARD.replace("(dout,", "(dout.copy(),")
    + "dx, grads = net.backward(dout, cache)\n"
    + TAKE
    + f"count, entries = len(grads), {FIRST_ENTRIES.format('grads')}\n"
    + "float32_kept = dx.dtype == entries.dtype == np.float32\n"
)
GRADS = ("dx", *(f"d{name}" for name in NAMES))


def forward_task(name, sizes, points, mistakes):
    checks = (
        values(
            "several inputs, and one alone", points[0], "out", draw=(draw_net(sizes, 4), draw_net(sizes, 1)), cases=2
        ),
        values(
            "float32 kept, inputs and parameters unchanged",
            points[1],
            *("out", "float32_kept", "x", *NAMES),
            call=FORWARD.replace("CLASS", name) + SAVED,
            draw=float32(draw_net(sizes, 3)),
            rtol=SINGLE,
            cases=2,
        ),
    )
    call = FORWARD.replace("CLASS", name)
    return Task(f"{name}.forward", nets, "assignment5", "gan", call, draw_net(sizes, 4), checks, mistakes)


def backward_task(name, sizes, points, mistakes):
    call = BACKWARD.replace("CLASS", name)
    draw = draw_net(SMALL.get(name, sizes), 1 if name == "ConvDiscriminator" else 2, alive="Conv" in name)
    checks = (
        gradients("all gradients against numeric", points[0], {f"d{k}": k for k in (*NAMES, "x")}, cases=2),
        values(
            "one alone; a second time: same, float32; dout unchanged",
            points[1],
            *(*GRADS, "count", "float32_kept", "dout"),
            call=AGAIN.replace("CLASS", name),
            draw=(float32(draw_net(sizes, 1)), float32(draw_net(sizes, 3))),
            rtol=SINGLE,
            cases=2,
        ),
    )
    return Task(f"{name}.backward", nets, "assignment5", "gan", call, draw, checks, mistakes)


# Generators. `last` is the layer before tanh, `second` the one before it.

TANH = "out, tanh = tanh_forward(a3)"
FIRST_RELU, SECOND_RELU = "h1, relu1 = relu_forward(a1)", "h2, relu2 = relu_forward(a2)"


def no_relu(name, message, line):
    """Return a mistake: the ReLU of a line is left out, and its cache is not used."""
    out, x = line.split(",")[0], line[-3:-1]
    cache = line.split(", ")[1].split(" ")[0]
    return mistake(name, message)((line, f"{out}, {cache} = {x}, {x}"))


def generator_forward_mistakes():
    return (
        mistake("no_tanh", "tanh at the end is missing: pixels must lie between -1 and 1")(
            (TANH, "out, tanh = a3, a3")
        ),
        mistake("sigmoid", "the output goes through a sigmoid, from 0 to 1, expected tanh, from -1 to 1")(
            (TANH, "out, tanh = (0.5 + 0.5 * np.tanh(a3 / 2)), a3")
        ),
        mistake("tanh_twice", "tanh is applied twice at the end")((TANH, TANH + "\n    out, tanh = tanh_forward(out)")),
        mistake("relu_last", "a ReLU comes before tanh: then no pixel can be negative")(
            (TANH, "out, tanh = tanh_forward(np.maximum(0, a3))")
        ),
        no_relu("no_first_relu", "the first ReLU is missing", FIRST_RELU),
        no_relu("no_second_relu", "the second ReLU is missing", SECOND_RELU),
        mistake(
            "leaky",
            "the generator has leaky ReLUs here: they belong to the discriminator, the generator has plain ones",
        )((FIRST_RELU, "h1, relu1 = leaky_relu_forward(a1)"), (SECOND_RELU, "h2, relu2 = leaky_relu_forward(a2)")),
        mistake("tanh_hidden", "the hidden layers have tanh, expected ReLU")(
            (FIRST_RELU, "h1, relu1 = tanh_forward(a1)"), (SECOND_RELU, "h2, relu2 = tanh_forward(a2)")
        ),
        mistake("last_bias", "the bias b3 of the last layer is not added")(
            ('p["W3"], p["b3"]', 'p["W3"], 0 * p["b3"]')
        ),
        mistake("float64", FLOAT64)(("return out,", "return out.astype(float),")),
    )


def generator_backward_mistakes(undo):
    """undo: names and shapes do not matter here; lines are those both generators share."""
    return (
        mistake("no_tanh", "dout does not go back through tanh")(("da3 = tanh_backward(dout, tanh)", "da3 = dout")),
        mistake("tanh_wrong", "the derivative of tanh is 1 - tanh^2, not 1 - tanh")(
            ("da3 = tanh_backward(dout, tanh)", "da3 = dout * (1 - tanh)")
        ),
        mistake(
            "sigmoid_derivative", "the derivative is that of a sigmoid, s (1 - s), expected that of tanh, 1 - tanh^2"
        )(("da3 = tanh_backward(dout, tanh)", "da3 = dout * tanh * (1 - tanh)")),
        mistake("no_second_relu", "the gradient passes the second ReLU where that was 0")(
            ("da2 = relu_backward(dh2, relu2)", "da2 = dh2")
        ),
        mistake("no_first_relu", "the gradient passes the first ReLU where that was 0")(
            ("da1 = relu_backward(dh1, relu1)", "da1 = dh1")
        ),
        mistake("detached", "no gradient reaches the noise: dz is all 0")(("return dz, grads", "return 0 * dz, grads")),
        mistake(
            "mean",
            "the gradients of the parameters are divided by N: the mean belongs to the loss, and dout holds it already",
        )(("return dz, grads", "return dz, {name: g / len(dout) for name, g in grads.items()}")),
        mistake("biases", "the gradients of the biases are all 0")(
            ("return dz, grads", 'return dz, {name: g * (name[0] == "W") for name, g in grads.items()}')
        ),
        mistake("changes_dout", CHANGES_DOUT)(("return dz, grads", "dout *= 0.5\n    return dz, grads")),
    ) + undo


# Discriminators.

FIRST_LEAKY, SECOND_LEAKY = "h1, leaky1 = leaky_relu_forward(a1)", "h2, leaky2 = leaky_relu_forward(a2)"
LOGITS = "return logits[:, 0],"


def discriminator_forward_mistakes():
    return (
        mistake("sigmoid", "these are probabilities: the logits go out before any sigmoid, since the loss has its own")(
            (LOGITS, "return 1 / (1 + np.exp(-logits[:, 0])),")
        ),
        mistake("column", "the logits are a column (N, 1), expected shape (N,)")((LOGITS, "return logits,")),
        mistake("plain_relu", "the hidden layers have plain ReLUs, expected leaky ones")(
            (FIRST_LEAKY, "h1, leaky1 = relu_forward(a1)"), (SECOND_LEAKY, "h2, leaky2 = relu_forward(a2)")
        ),
        mistake("slope", "the slope of the leaky ReLU is 0.2, expected 0.01")(
            ("leaky_relu_forward(a1)", "leaky_relu_forward(a1, 0.2)"),
            ("leaky_relu_forward(a2)", "leaky_relu_forward(a2, 0.2)"),
        ),
        no_relu("no_first_leaky", "the first leaky ReLU is missing", FIRST_LEAKY),
        no_relu("no_second_leaky", "the second leaky ReLU is missing", SECOND_LEAKY),
        mistake("leaky_last", "a leaky ReLU follows the last layer: logits may be negative")(
            (LOGITS, "return leaky_relu_forward(logits[:, 0])[0],")
        ),
        mistake("last_bias", "the bias b3 of the last layer is not added")(
            ('p["W3"], p["b3"]', 'p["W3"], 0 * p["b3"]')
        ),
        mistake("float64", FLOAT64)((LOGITS, "return logits[:, 0].astype(float),")),
    )


def discriminator_backward_mistakes():
    return (
        mistake("no_second_leaky", "the gradient does not go back through the second leaky ReLU")(
            ("da2 = leaky_relu_backward(dh2, leaky2)", "da2 = dh2")
        ),
        mistake("no_first_leaky", "the gradient does not go back through the first leaky ReLU")(
            ("da1 = leaky_relu_backward(dh1, leaky1)", "da1 = dh1")
        ),
        mistake(
            "plain_relu",
            "the gradient is cut to 0 where the leaky ReLU has its small slope: that is the plain ReLU's derivative",
        )(
            ("leaky_relu_backward(dh2, leaky2)", "relu_backward(dh2, leaky2[0])"),
            ("leaky_relu_backward(dh1, leaky1)", "relu_backward(dh1, leaky1[0])"),
        ),
        mistake(
            "slope", "the slope of the leaky ReLU is 0.2 in the backward pass, expected 0.01 as in the forward pass"
        )(
            ("leaky_relu_backward(dh2, leaky2)", "leaky_relu_backward(dh2, (leaky2[0], 0.2))"),
            ("leaky_relu_backward(dh1, leaky1)", "leaky_relu_backward(dh1, (leaky1[0], 0.2))"),
        ),
        mistake("detached", "no gradient reaches the images: dx is all 0, and a generator could not learn from it")(
            ("return dx, grads", "return 0 * dx, grads")
        ),
        mistake(
            "sign", "dx has the wrong sign: the generator would run away from what the discriminator takes for real"
        )(("return dx, grads", "return -dx, grads")),
        mistake(
            "mean",
            "the gradients of the parameters are divided by N: the mean belongs to the loss, and dlogits holds it already",
        )(("return dx, grads", "return dx, {name: g / len(dlogits) for name, g in grads.items()}")),
        mistake("biases", "the gradients of the biases are all 0")(
            ("return dx, grads", 'return dx, {name: g * (name[0] == "W") for name, g in grads.items()}')
        ),
        mistake("changes_dout", CHANGES_DOUT)(("return dx, grads", "dlogits *= 0.5\n    return dx, grads")),
    )


SAME_LAYER = mistake("second_layer_skipped", "the last layer takes h1, expected h2: the second layer is skipped")(
    ("affine_forward(h2,", "affine_forward(h1,")
)
TASKS = (
    forward_task("Generator", DENSE_GENERATOR, (1, 0.5), (*generator_forward_mistakes(), SAME_LAYER)),
    backward_task("Generator", DENSE_GENERATOR, (1, 1), generator_backward_mistakes(())),
    forward_task("Discriminator", DENSE_DISCRIMINATOR, (1, 0.5), (*discriminator_forward_mistakes(), SAME_LAYER)),
    backward_task("Discriminator", DENSE_DISCRIMINATOR, (1, 1), discriminator_backward_mistakes()),
    forward_task(
        "ConvGenerator",
        CONV_GENERATOR,
        (1, 0.5),
        (
            *generator_forward_mistakes(),
            mistake(
                "scrambled",
                "the maps are read from the row in another order: reshape (N, 8F) to (N, 2F, 2, 2) directly",
            )(("h1.reshape(len(z), -1, 2, 2)", "h1.reshape(len(z), 2, 2, -1).transpose(0, 3, 1, 2)")),
            mistake("turned", "height and width of the first maps are swapped")(
                ("h1.reshape(len(z), -1, 2, 2)", "h1.reshape(len(z), -1, 2, 2).swapaxes(2, 3)")
            ),
            mistake(
                "flipped",
                "the filters are turned by 180 degrees before they are used: conv_transpose_forward takes them as they are",
            )(
                ('p["W2"], p["b2"]', 'p["W2"][:, :, ::-1, ::-1], p["b2"]'),
                ('p["W3"], p["b3"]', 'p["W3"][:, :, ::-1, ::-1], p["b3"]'),
            ),
        ),
    ),
    backward_task(
        "ConvGenerator",
        CONV_GENERATOR,
        (1, 0.5),
        generator_backward_mistakes(
            (
                mistake("scrambled", "dmaps is flattened in another order than the maps were made in")(
                    ("dmaps.reshape(len(dout), -1)", "dmaps.transpose(0, 2, 3, 1).reshape(len(dout), -1)")
                ),
            )
        ),
    ),
    forward_task(
        "ConvDiscriminator",
        CONV_DISCRIMINATOR,
        (0.5, 0.5),
        (
            *discriminator_forward_mistakes(),
            mistake("scrambled", "h2 is flattened in another order than NumPy's own, (N, 2F, 2, 2) to (N, 8F)")(
                ("affine_forward(h2,", "affine_forward(h2.transpose(0, 2, 3, 1),")
            ),
            mistake(
                "shifted",
                "the padding is put on one side only: pad 1 means one row or column on each of the four sides",
            )(
                (
                    'conv_forward_fast(x, p["W1"], p["b1"], halve)',
                    'conv_forward_fast(np.pad(x, ((0, 0), (0, 0), (0, 2), (0, 2))), p["W1"], p["b1"], {"stride": 2, "pad": 0})',
                )
            ),
        ),
    ),
    backward_task("ConvDiscriminator", CONV_DISCRIMINATOR, (0.5, 0.5), discriminator_backward_mistakes()),
)

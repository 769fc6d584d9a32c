"""Tasks of style_transfer.ipynb, second part: the stylizing net, forward and backward."""

from dataclasses import replace

import numpy as np

from autograder.tasks.assignment5.stylizing_init import NAMES
from autograder.tasks.layer_checks import float32
from autograder.tasks.spec import gradients, mistake, task_factory, values
from chainrule import fast_style

__all__ = ["TASKS"]

task = task_factory("assignment5", "style_transfer", fast_style)


def draw_net(N=2, F=2, pixels=None):
    """Two sizes of images that are not square; every parameter is random."""

    def draw(rng):
        H, W = pixels or ((4, 6), (6, 4))[rng.integers(2)]
        shapes = {"W1": (F, 3, 3, 3), "W2": (F, F, 3, 3), "W3": (3, F, 3, 3), "b3": (3,)}
        params = {name: 0.4 * rng.normal(size=shape) for name, shape in shapes.items()}
        for k in (1, 2):
            params[f"gamma{k}"] = rng.uniform(0.5, 2, (1, F, 1, 1))
            params[f"beta{k}"] = rng.uniform(-0.5, 0.5, (1, F, 1, 1))
        return params | {"X": rng.random((N, 3, H, W)), "dout": rng.normal(size=(N, 3, H, W))}

    return draw


def draw_images_of_float64(rng):
    """float64 images for a float32 net, as a division by 255 returns them."""
    inputs = float32(draw_net())(rng)
    return inputs | {"X": inputs["X"].astype(np.float64)}


def draw_saturated(rng):
    """Sigmoid inputs of a thousand and more."""
    drawn = draw_net()(rng)
    return drawn | {"W3": 1e4 * drawn["W3"]}


NET = f"""net = object.__new__(StylizingNet)
net.dtype = {{}}
net.params = dict({", ".join(f"{name}={name}" for name in NAMES)})
"""
DOUBLE = NET.format("np.float64")
FORWARD = DOUBLE + "out, cache = net.forward(X)\n"
SINGLE = NET.format("np.float32") + "out, cache = net.forward(X)\n"
LAST = ("maps, relu2 = relu_forward(maps)", "change + 4 * X - 2")
NORM2 = 'spatial_groupnorm_forward(maps, p["gamma2"], p["beta2"], F, {})'

forward = task(
    "StylizingNet.forward",
    FORWARD,
    draw_net(),
    (
        values("out", 1.5, "out"),
        values("one image, other sizes", 0.5, "out", draw=(draw_net(N=1, pixels=(8, 2)), draw_net(N=3, F=3)), cases=2),
        values("no overflow in the sigmoid", 0.5, "out", draw=draw_saturated, cases=2, strict="extremes"),
        values(
            "float32 kept, images and weights unchanged",
            0.5,
            *("out", "float32_kept", "X", "W1", "W3"),
            call=SINGLE + "float32_kept = str(out.dtype) == 'float32'",
            draw=(float32(draw_net()), draw_images_of_float64, float32(draw_net())),
            layout="strided",
            rtol=1e-4,  # norms of six numbers: single precision keeps four digits
        ),
    ),
    (
        mistake("not_centred", "the first convolution gets X, expected 2 X - 1")(("2 * X - 1", "X")),
        mistake("no_residual", "x2 is the second block alone: add x1, which the block is to correct only")(
            ("x1 + maps", "maps")
        ),
        mistake("image_added", "the second block is left out: x2 is x1 alone")(("x1 + maps", "x1")),
        mistake("relu_after_sum", "the second ReLU comes after the sum, expected before it: x2 = x1 + relu(...)")(
            ("x1 + maps", "np.maximum(0, x1 + unclipped)"), (LAST[0], f"unclipped = maps\n    {LAST[0]}")
        ),
        mistake("no_first_relu", "the first ReLU is missing")(
            ("x1, relu1 = relu_forward(maps)", "x1, relu1 = maps, maps")
        ),
        mistake("no_second_relu", "the second ReLU is missing")((LAST[0], "relu2 = maps")),
        mistake("no_image", "the image is not added before the sigmoid: + 4 X - 2 is missing")((LAST[1], "change")),
        mistake(
            "image_unscaled", "X itself is added before the sigmoid, expected 4 X - 2, whose sigmoid is close to X"
        )((LAST[1], "change + X")),
        mistake("image_after_sigmoid", "the image is added after the sigmoid: then the output leaves 0..1")(
            (f"sigmoid_forward({LAST[1]})", "sigmoid_forward(change)\n    out = out + X")
        ),
        mistake("no_sigmoid", "the sigmoid is missing at the end")((f"sigmoid_forward({LAST[1]})", f"{LAST[1]}, None")),
        mistake("tanh", "the last function is tanh, whose values lie in -1..1; expected the sigmoid")(
            (f"out, sigmoid = sigmoid_forward({LAST[1]})", f"out, sigmoid = np.tanh({LAST[1]}), None")
        ),
        mistake("overflow", "nan comes out where the numbers before the sigmoid are large: e^z / (1 + e^z) overflows")(
            (
                f"out, sigmoid = sigmoid_forward({LAST[1]})",
                f"z = {LAST[1]}\n    with np.errstate(over='ignore', invalid='ignore'):\n"
                "        out = sigmoid = np.exp(z) / (1 + np.exp(z))",
            )
        ),
        mistake(
            "one_group",
            "all channels of an image are normalised together: an instance norm has one channel a group, G = F",
        )((", F, {})", ", 1, {})")),
        mistake("batch_norm", "channels are normalised over the whole batch, expected each image by itself")(
            (
                NORM2,
                "((maps - maps.mean(axis=(0, 2, 3), keepdims=True)) / np.sqrt(maps.var(axis=(0, 2, 3), keepdims=True)"
                ' + 1e-5) * p["gamma2"] + p["beta2"], None)',
            )
        ),
        mistake("same_norm", "both norms use gamma1 and beta1; the second one has gamma2 and beta2")(
            ('p["gamma2"], p["beta2"]', 'p["gamma1"], p["beta1"]')
        ),
        mistake("no_second_norm", "the second norm is left out")((f"maps, norm2 = {NORM2}", "norm2 = None")),
        mistake("tiled", "the maps are tiled, expected every pixel repeated in its place: upsample_forward does it")(
            ("upsample_forward(x1 + maps)", "np.tile(x1 + maps, (1, 1, 2, 2)), 2")
        ),
        mistake("no_b3", "the bias b3 is not added")(('p["b3"]', "np.zeros(3, self.dtype)")),
        mistake("float64", "a net of float32 puts out float64: make every constant array of self.dtype")(
            ("return out, (", "return out.astype(np.float64), (")
        ),
        mistake(
            "images_as_they_come",
            "images of float64 make a net of float32 put out float64: bring X to self.dtype first",
        )(("np.asarray(X, self.dtype)", "X")),
    ),
)

GRADS = (
    FORWARD
    + "loss = np.sum(out * dout)\ngrads = net.backward(dout, cache)\n"
    + f"{', '.join(f'd{name}' for name in NAMES)} = (grads[name] for name in {NAMES})\n"
)
ALL = tuple(f"d{name}" for name in NAMES)
DSIGMOID = "dchange = sigmoid_backward(dout, sigmoid)"
DUP = "dx2 = upsample_backward(dlarge, up)"
DRELU2 = "dmaps = relu_backward(dx2, relu2)"
DNORM1 = 'dmaps, grads["gamma1"], grads["beta1"] = spatial_groupnorm_backward(dmaps, norm1)'
DNORM2 = 'dmaps, grads["gamma2"], grads["beta2"] = spatial_groupnorm_backward(dmaps, norm2)'
PASSED = "_, grads['gamma{0}'], grads['beta{0}'] = spatial_groupnorm_backward(dmaps, norm{0})"


def numeric(name, variables, *other_outputs):
    """Return a check of gradients against numerical ones, and of others by value: numerical gradients of all take long."""
    check = gradients(f"{name} against numeric", 1, variables, cases=2)
    return replace(check, outputs=check.outputs + other_outputs)


backward = task(
    "StylizingNet.backward",
    GRADS,
    draw_net(),
    (
        numeric("the last layer", {"db3": "b3"}, "dW3"),
        numeric("the middle layer", {"dgamma2": "gamma2", "dbeta2": "beta2"}, "dW2"),
        numeric("the first layer", {"dW1": "W1", "dgamma1": "gamma1", "dbeta1": "beta1"}),
        values("one image, other sizes", 0.5, *ALL, draw=(draw_net(N=1, pixels=(8, 4)), draw_net(N=3, F=3)), cases=2),
        values(
            "two calls, dout and weights unchanged",
            0.5,
            *(*ALL, "dout", "W2"),
            call=FORWARD + "net.backward(dout.copy(), cache)\n" + GRADS.removeprefix(FORWARD),
            cases=2,
        ),
    ),
    (
        mistake("no_sigmoid", "the derivative of the sigmoid is missing: dout is not yet the gradient before it")(
            (DSIGMOID, "dchange = dout")
        ),
        mistake("sigmoid_twice", "the derivative of the sigmoid is multiplied in twice")(
            (DSIGMOID, "dchange = sigmoid_backward(sigmoid_backward(dout, sigmoid), sigmoid)")
        ),
        mistake("sigmoid_half", "the derivative of the sigmoid is out * (1 - out), not out alone")(
            (DSIGMOID, "dchange = dout * sigmoid")
        ),
        mistake(
            "skip_forgotten", "x1 went two ways, but only the gradient of the way through the second block came back"
        )(("dx1 + dx2", "dx1")),
        mistake("block_forgotten", "x1 went two ways, but only the gradient of the direct way came back")(
            ("dx1 + dx2", "dx2")
        ),
        mistake("relu_on_sum", "the ReLU of the second block is applied to what goes round the block, too")(
            ("dx1 + dx2", "dx1 + relu_backward(dx2, relu2)")
        ),
        mistake("no_second_relu", "the gradient passes the second ReLU where that was 0")((DRELU2, "dmaps = dx2")),
        mistake("no_first_relu", "the gradient passes the first ReLU where that was 0")(
            ("relu_backward(dx1 + dx2, relu1)", "dx1 + dx2")
        ),
        mistake("one_of_four", "going back through the upsampling, one of four gradients is taken, expected their sum")(
            (DUP, "dx2 = dlarge[:, :, ::2, ::2]")
        ),
        mistake(
            "mean_of_four", "going back through the upsampling, the four gradients are averaged, expected their sum"
        )((DUP, f"{DUP} / 4")),
        mistake(
            "first_norm_passed",
            "W1 gets the gradient from above the first norm: it has to go back through the norm, too",
        )((DNORM1, PASSED.format(1))),
        mistake(
            "second_norm_passed",
            "W2 gets the gradient from above the second norm: it has to go back through the norm, too",
        )((DNORM2, PASSED.format(2))),
        mistake("gamma_beta_swapped", "the gradients of gamma and beta are swapped")(
            ('grads["gamma1"], grads["beta1"]', 'grads["beta1"], grads["gamma1"]'),
            ('grads["gamma2"], grads["beta2"]', 'grads["beta2"], grads["gamma2"]'),
        ),
        mistake("gammas_swapped", "the gradients of the two norms are swapped: gamma1 and beta1 belong to the first")(
            (
                "return grads",
                "a, b = ({n: grads[f'{n}{k}'] for n in ('gamma', 'beta')} for k in (1, 2))\n"
                "    return grads | {f'{n}1': b[n] for n in b} | {f'{n}2': a[n] for n in a}",
            )
        ),
        mistake("sign", "the gradients have the wrong sign")(
            ("return grads", "return {n: -g for n, g in grads.items()}")
        ),
        mistake("changes_dout", "dout is changed by the call")((DSIGMOID, f"{DSIGMOID}\n    dout *= 0")),
    ),
)

TASKS = (forward, backward)

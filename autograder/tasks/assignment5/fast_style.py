"""Tasks of style_transfer.ipynb, second part: upsampling, a net that stylizes in one pass, and what it learns from."""

from dataclasses import replace

import numpy as np

from autograder.tasks.passes import FLOAT64, float32, in_float32, kept
from autograder.tasks.spec import gradient, gradients, mistake, tasks_of, values
from chainrule import fast_style

__all__ = ["TASKS"]

task = tasks_of("assignment5", "style_transfer", fast_style)


# Upsampling.


def draw_maps(N=2, scale=2):
    def draw(rng):
        H, W = ((2, 4), (4, 2), (2, 6))[rng.integers(3)]
        x = rng.normal(size=(N, 3, H, W))
        return {"x": x, "dout": rng.normal(size=(N, 3, scale * H, scale * W)), "scale": scale}

    return draw


draw_two, draw_three = draw_maps(), draw_maps(N=1, scale=3)
UP = "out, cache = upsample_forward(x, scale)"
REPEAT = "x.repeat(scale, axis=2).repeat(scale, axis=3)"

upsample_forward = task(
    "upsample_forward",
    UP,
    draw_two,
    (
        values("doubled", 0.5, "out"),
        values("other scales", 0.5, "out", draw=(draw_three, draw_maps(scale=1)), cases=2),
        values(
            "scale left out, float32 kept, x unchanged",
            0.5,
            *("out", "float32_kept", "x"),
            call=kept("out, cache = upsample_forward(x)", "out"),
            draw=float32(draw_two),
            layout="strided",
        ),
    ),
    (
        mistake("rows_only", "only the number of rows grows: repeat along W, too")((".repeat(scale, axis=3)", "")),
        mistake("columns_only", "only the number of columns grows: repeat along H, too")(
            (".repeat(scale, axis=2)", "")
        ),
        mistake(
            "tiled",
            "whole images stand beside each other, as np.tile makes them; expected every pixel repeated in its place",
        )((REPEAT, "np.tile(x, (1, 1, scale, scale))")),
        mistake("tiled_columns", "rows are repeated one by one, but the columns as a block, as np.tile does")(
            (".repeat(scale, axis=3)", "\n    out = np.tile(out, (1, 1, 1, scale))")
        ),
        mistake("zeros_between", "the new pixels are 0: each square has to hold its pixel scale * scale times")(
            (
                f"out = {REPEAT}",
                "out = np.zeros_like(x, shape=(*x.shape[:2], scale * x.shape[2], scale * x.shape[3]))\n"
                "    out[:, :, ::scale, ::scale] = x",
            )
        ),
        mistake("always_two", "the scale is 2 whatever is asked for")(("(scale, axis", "(2, axis")),
        mistake(
            "shared_out",
            "the values are divided by scale * scale, so that a square adds up to its pixel; expected plain copies",
        )((REPEAT, f"{REPEAT} / scale**2")),
        mistake("channels", "channels are repeated instead of rows: H is axis 2")(("axis=2", "axis=1")),
        mistake("float64", FLOAT64)((REPEAT, f"{REPEAT}.astype(np.float64)")),
    ),
)

BACK = UP + "\nloss = np.sum(out * dout)\ndx = upsample_backward(dout, cache)"
SQUARES = "dout.reshape(N, C, H // scale, scale, W // scale, scale)"
SUM = "squares.sum(axis=(3, 5))"

upsample_backward = task(
    "upsample_backward",
    BACK,
    draw_two,
    (
        gradient("dx against numeric", 1, "dx", "loss", "x"),
        values("other scales", 0.5, "dx", draw=(draw_three, draw_maps(scale=1)), cases=2),
        in_float32(
            "float32 kept, two calls, dout unchanged",
            0.5,
            *("dx", "float32_kept", "dout"),
            call=kept(UP + "\nupsample_backward(dout.copy(), cache)\ndx = upsample_backward(dout, cache)", "dx"),
            draw=draw_two,
        ),
    ),
    (
        mistake("one_of_the_square", "each pixel takes the gradient of one of its copies: those of all copies add up")(
            (SUM, "squares[:, :, :, 0, :, 0]")
        ),
        mistake("mean", "the gradients of the copies are averaged, expected their sum: every copy counts in the loss")(
            (SUM, "squares.mean(axis=(3, 5))")
        ),
        mistake("largest", "the largest gradient of each square is taken, expected the sum")((".sum(", ".max(")),
        mistake("rows_only", "the gradients are added up over the columns of a square, but only its first row counts")(
            (SUM, "squares[:, :, :, 0].sum(axis=4)")
        ),
        mistake(
            "blocks", "pixels that lie H and W apart are added up, as for np.tile; the copies of a pixel are neighbours"
        )((SQUARES, "dout.reshape(N, C, scale, H // scale, scale, W // scale)"), ("axis=(3, 5)", "axis=(2, 4)")),
        mistake(
            "mixed",
            "the shape is right, but reshape took neighbours along a row only: split H and W into (H, scale) and (W, scale)",
        )(
            (
                f"{SQUARES}\n    return {SUM}",
                "dout.reshape(N, C, H // scale, W // scale, -1)\n    return squares.sum(axis=4)",
            )
        ),
        mistake("always_two", "the scale is 2 whatever the forward pass had")(("scale = cache", "scale = 2")),
        mistake("float64", FLOAT64)((SUM, f"{SUM}.astype(np.float64)")),
        mistake("changes_dout", "dout is changed in place")(
            (f"return {SUM}", f"dx = {SUM}\n    dout *= 0\n    return dx")
        ),
    ),
)

# The net.

NAMES = ("W1", "gamma1", "beta1", "W2", "gamma2", "beta2", "W3", "b3")


def draw_sizes(rng):
    return {"num_filters": int(rng.integers(8, 11)), "seed": int(rng.integers(1000))}


INIT = f"""
net = StylizingNet(num_filters, seed=seed)
{", ".join(NAMES)} = (net.params[name] for name in {NAMES})
"""
SHAPES = INIT + (
    "by_default = np.shape(StylizingNet().params['W2'])\n"
    "filters = [*np.shape(W1), *np.shape(W2), *np.shape(W3), *np.shape(b3)]\n"
    "norms = [*np.shape(gamma1), *np.shape(beta1), *np.shape(gamma2), *np.shape(beta2)]\n"
    "count = len(net.params)"
)
STATISTICS = INIT + (
    "many = [StylizingNet(num_filters, seed=seed + k).params for k in range(200)]\n"
    "goals = {'W1': np.sqrt(2 / 27), 'W2': np.sqrt(2 / 9 / num_filters), 'W3': 0.1 * np.sqrt(2 / 9 / num_filters)}\n"
    "weights = [np.array([params[name] for params in many]) / goal for name, goal in goals.items()]\n"
    "means, scales = [np.mean(W) / 2 for W in weights], [np.std(W) for W in weights]\n"
    "beyond_one = [np.mean(np.abs(W) > 1) for W in weights]\n"
    "gammas = [np.min(gamma1), np.max(gamma1), np.min(gamma2), np.max(gamma2)]\n"
    "zeros = [np.max(np.abs(b)) for b in (beta1, beta2, b3)]"
)
SEEDS = """
np.random.seed(seed)
single, same, other = (StylizingNet(4, seed=s) for s in (seed, seed, seed + 1))
double, fresh, fresher = StylizingNet(4, dtype=np.float64), StylizingNet(4), StylizingNet(4)
float32_made = all(str(value.dtype) == "float32" for value in single.params.values())
float64_made = all(str(value.dtype) == "float64" for value in double.params.values())
dtypes_kept = [net.dtype == dtype for net, dtype in ((single, np.float32), (double, np.float64))]
same_seed_same = all(np.all(single.params[name] == same.params[name]) for name in single.params)
other_seed_same = np.all(single.params["W2"] == other.params["W2"])
no_seed_same = np.all(fresh.params["W2"] == fresher.params["W2"])
"""
GAIN, ONES, ZEROS = "gain * np.sqrt(2 / (9 * shape[1]))", "np.ones((1, F, 1, 1))", "np.zeros((1, F, 1, 1))"

init = task(
    "StylizingNet.__init__",
    SHAPES,
    draw_sizes,
    (
        values("names and shapes", 0.5, "filters", "norms", "count", "by_default", cases=2),
        # Of 200 nets with 216 weights or more in each array, two draws differ in their spread by 0.0048 on average
        # (standard deviation), in half their mean by 0.0034, in what lies beyond one standard deviation by 0.0032:
        # 0.035 is seven times that, and a divisor of 10 or 8 instead of 9 makes more than 0.05.
        values(
            "how they start",
            0.5,
            *("scales", "means", "beyond_one", "gammas", "zeros"),
            call=STATISTICS,
            atol=0.035,
            cases=2,
        ),
        values(
            "dtype and seed",
            0.5,
            *("float32_made", "float64_made", "dtypes_kept", "same_seed_same", "other_seed_same", "no_seed_same"),
            call=SEEDS,
            cases=2,
        ),
    ),
    (
        mistake(
            "axes_of_W3",
            "the first two axes of W3 are swapped: filters are (outputs, inputs, 3, 3), and the outputs are 3 colours",
        )(('("W3", (3, F, 3, 3), 0.1)', '("W3", (F, 3, 3, 3), 0.1)')),
        mistake("flat_norms", "gammas and betas are (F,), expected (1, F, 1, 1): so they fit maps of (N, F, H, W)")(
            (ONES, "np.ones(F)"), (ZEROS, "np.zeros(F)")
        ),
        mistake(
            "biases",
            "there are biases b1 and b2: the norm that follows subtracts the mean, so they would change nothing",
        )(
            (
                'self.params["b3"] = np.zeros(3)',
                'self.params |= {"b1": np.zeros(F), "b2": np.zeros(F), "b3": np.zeros(3)}',
            )
        ),
        mistake(
            "xavier",
            "the standard deviation is sqrt(1 / (9 C)), expected sqrt(2 / (9 C)): the ReLU takes half of the variance",
        )(("np.sqrt(2 /", "np.sqrt(1 /")),
        mistake("variance", "the weights are multiplied by the variance 2 / (9 C), expected by its square root")(
            ("np.sqrt(2 / (9 * shape[1]))", "2 / (9 * shape[1])")
        ),
        mistake(
            "channels_only", "only the channels are counted, not the 9 pixels of a filter: the variance is 2 / (9 C)"
        )(("(9 * shape[1])", "shape[1]")),
        mistake("outputs_counted", "the number of filters is counted, expected that of the channels below them")(
            ("shape[1]", "shape[0]")
        ),
        mistake(
            "W3_large",
            "W3 starts as large as the others, expected a tenth of it: at first the net hardly changes the image",
        )(("0.1)", "1)")),
        mistake("W3_zero", "W3 starts at 0: then no gradient reaches W1 and W2 in the first step")(("0.1)", "0)")),
        mistake("gamma_zero", "the gammas start at 0, expected at 1: a gamma of 0 switches its channel off")(
            (ONES, ZEROS)
        ),
        mistake("beta_one", "the betas start at 1, expected at 0")((ZEROS, ONES)),
        mistake("positive", "the weights lie between 0 and 1, expected normal with mean 0")(
            ("standard_normal(", "random(")
        ),
        mistake(
            "uniform", "the weights are uniform with the right spread, expected normal ones: some of those are larger"
        )(("standard_normal(shape)", "uniform(-(3**0.5), 3**0.5, shape)")),
        mistake("no_dtype", "the parameters are float64 though dtype is float32")((".astype(dtype)", "")),
        mistake("always_float32", "the parameters are float32 whatever dtype says")(
            (".astype(dtype)", ".astype(np.float32)")
        ),
        mistake("seed_ignored", "the seed is not used: two nets with one seed differ")(
            ("default_rng(seed)", "default_rng()")
        ),
        mistake("always_seeded", "without a seed all nets start alike, expected new weights each time")(
            ("default_rng(seed)", "default_rng(seed or 0)")
        ),
    ),
)


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
    """For a net of float32, images as they come out of a division by 255."""
    made = float32(draw_net())(rng)
    return made | {"X": made["X"].astype(np.float64)}


def draw_saturated(rng):
    """Numbers before the sigmoid of a thousand and more."""
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


def numeric(name, variables, *more):
    """Gradients against numerical ones, and more by value: numerical gradients of all weights would take long."""
    check = gradients(f"{name} against numeric", 1, variables, cases=2)
    return replace(check, outputs=check.outputs + more)


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

# What it learns from.


def draw_batch(rng, N=2, pixels=(8, 4)):
    """Outputs and images, and a smooth net with maps as large as they are, half and a quarter as large."""
    channels = (3, 4, 5, 3)
    inputs = {f"V{k}": rng.normal(size=(channels[k + 1], channels[k])) for k in range(3)}
    # Targets are symmetric, as Gram matrices are; a right answer may rely on it.
    rows = [rng.normal(size=(1, channels[k + 1], 6)) for k in range(3)]
    inputs |= {f"t{k}": rows[k] @ rows[k].transpose(0, 2, 1) / 20 for k in range(3)}
    inputs |= dict(zip(("content_weight", "tv_weight"), rng.uniform(0.5, 1, 2).tolist(), strict=True))
    inputs |= {f"w{k}": float(rng.uniform(1 + 2 * k, 2 + 2 * k)) for k in range(3)}
    out, X = rng.random((2, N, 3, *pixels))
    return inputs | {"out": out, "X": X}


def draw_one(rng):
    return draw_batch(rng, N=1)


def draw_small(rng):
    return draw_batch(rng, pixels=(4, 4))


def loss_call(content, layers):
    asked = (f"[{', '.join(f'{letter}{k}' for k in layers)}]" for letter in "tw")
    return (
        "from chainrule.judging.style_stubs import SmoothNet\n"
        "model = SmoothNet(V0, V1, V2)\n"
        f"loss, dout = perceptual_loss(\n    out, X, model, {content}, content_weight, {list(layers)},"
        f" {', '.join(asked)}, tv_weight\n)\n"
    )


LOSS = loss_call(1, (0, 2))
TARGET = "(content_target,), _ = model.features(X, [model.layers[content_layer]])"
HANDED = "style_targets, style_weights, tv_weight\n    )"
RETURN = "return sum(losses) / len(out), dout / len(out)"

perceptual_loss = task(
    "perceptual_loss",
    LOSS,
    draw_batch,
    (
        gradient("dout against numeric", 0.5, "dout", "loss", "out", draw=draw_small, cases=2),
        values("the loss of a batch", 0.5, "loss", "dout"),
        values("one image", 0.5, "loss", "dout", draw=draw_one, call=loss_call(2, (2, 1)), cases=2),
        values(
            "content and style from one layer, inputs unchanged",
            0.5,
            *("loss", "dout", "out", "X", "t0"),
            call=loss_call(0, (0, 1)),
            cases=2,
        ),
    ),
    (
        mistake("sum", "loss and gradient are summed over the batch, expected the mean over its N images")(
            (RETURN, "return sum(losses), dout")
        ),
        mistake("sum_back", "the loss is the mean over the batch, but its gradient is not divided by N")(
            ("dout / len(out)", "dout")
        ),
        mistake("sum_loss", "the gradient is divided by N, but the loss is still the sum over the batch")(
            ("sum(losses) / len(out)", "sum(losses)")
        ),
        mistake(
            "own_content", "the content loss is always 0, as it is where its target is taken from out: take it from X"
        )(("model.features(X,", "model.features(out,")),
        mistake(
            "roles_swapped",
            "out and X are swapped: it is the style of out that is to be right, and the content of X to be kept",
        )((TARGET, f"out, X = X, out\n    {TARGET}")),
        mistake("first_content", "the content of the first image serves as target for the whole batch")(
            (TARGET, f"{TARGET}\n    content_target = content_target[:1]")
        ),
        mistake(
            "own_style",
            "the style loss is always 0, as it is where its targets are computed anew from out: they are handed in",
        )(
            (
                TARGET,
                f"{TARGET}\n    maps, _ = model.features(out, [model.layers[k] for k in style_layers])\n"
                "    rows = [m.reshape(*m.shape[:2], -1) for m in maps]\n"
                "    style_targets = [r @ r.transpose(0, 2, 1) / r[0].size for r in rows]",
            )
        ),
        mistake("style_of_content", "the style targets are computed from X, the content images; they are handed in")(
            (
                TARGET,
                f"{TARGET}\n    maps, _ = model.features(X, [model.layers[k] for k in style_layers])\n"
                "    rows = [m.reshape(*m.shape[:2], -1) for m in maps]\n"
                "    style_targets = [r @ r.transpose(0, 2, 1) / r[0].size for r in rows]",
            )
        ),
        mistake("no_content_loss", "the content loss is not added to the others, though its gradient is there")(
            ("sum(losses)", "sum(losses[1:])")
        ),
        mistake("no_tv", "the total variation is missing")((HANDED, HANDED.replace("tv_weight", "0"))),
        mistake("no_tv_loss", "the total variation is not added to the other losses, though its gradient is there")(
            ("sum(losses)", "sum(losses[:2])")
        ),
        mistake("weights_reversed", "the style weights come in another order than the layers they belong to")(
            (HANDED, HANDED.replace("_weights", "_weights[::-1]"))
        ),
        mistake("sign", "dout leads downhill; a gradient leads uphill")(("dout / len(out)", "-dout / len(out)")),
        mistake("over_pixels", "it is divided by the number of pixels, expected by the number of images")(
            (RETURN, RETURN.replace("len(out)", "out.size"))
        ),
        mistake("changes_out", "out is changed by the call")((RETURN, f"out -= dout\n    {RETURN}")),
    ),
)

TASKS = (upsample_forward, upsample_backward, init, forward, backward, perceptual_loss)

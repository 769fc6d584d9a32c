"""Tasks of cnn.ipynb: the three-layer convolutional network. Judged by its parameters and outputs alone."""

import numpy as np

from autograder.tasks.layer_checks import FIRST_ENTRIES
from autograder.tasks.spec import gradients, mistake, task_factory, values
from chainrule import convnet

__all__ = ["TASKS"]

task = task_factory("assignment3", "cnn", convnet)


def draw_sizes(rng):
    """Large enough for standard deviations to be known to 3 %."""
    sizes = {
        "channels": 3,
        "height": int(2 * rng.integers(3, 5)),
        "width": 12,
        "num_filters": int(rng.integers(15, 20)),
    }
    settings = {"filter_size": 5, "hidden_dim": int(rng.integers(100, 120)), "num_classes": 11}
    return sizes | settings | {"weight_scale": float(rng.uniform(0.01, 0.03)), "seed": int(rng.integers(1000))}


SHAPES = """
np.random.seed(seed)
sizes = dict(num_filters=num_filters, filter_size=filter_size, hidden_dim=hidden_dim, num_classes=num_classes)
made = ThreeLayerConvNet(input_dim=(channels, height, width), weight_scale=weight_scale, **sizes)
W1, b1, W2, b2, W3, b3 = (made.params[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3"))
shapes_of_W = [*np.shape(W1), *np.shape(W2), *np.shape(W3)]
shapes_of_b = [*np.shape(b1), *np.shape(b2), *np.shape(b3)]
count = len(made.params)
"""

STATISTICS = (
    SHAPES
    + f"""
wide = ThreeLayerConvNet(input_dim=(channels, height, width), reg=3.0, dtype=np.float64, **sizes)
plain = ThreeLayerConvNet()
default_shapes = [size for name in ("W1", "W2", "W3") for size in np.shape(plain.params[name])]
regs = [wide.reg, plain.reg]
by_default = plain.params["W1"]
of_made, of_wide = {FIRST_ENTRIES.format("made.params")}, {FIRST_ENTRIES.format("wide.params")}
weights = [np.asarray(W, dtype=float) for W in (W1, W2, W3)]
scales = [*(np.sqrt(np.mean(W**2)) / weight_scale for W in weights), np.std(by_default) / 1e-3]
means = [np.mean(W) / weight_scale for W in weights]
biases = [np.max(np.abs(b)) for b in (b1, b2, b3)]
single, double = of_made.dtype == np.float32, of_wide.dtype == np.float64
"""
)

RANDOM = "weight_scale * np.random.randn("

init = task(
    "ThreeLayerConvNet.__init__",
    SHAPES,
    draw_sizes,
    (
        values("names and shapes", 0.5, "shapes_of_W", "shapes_of_b", "count", cases=2),
        # Tolerance: of the weights, 1100 numbers or more, mean and root mean square are known to 0.03; two such
        # draws differ by 0.3 in one of 10^11 cases.
        values(
            "random weights, zero biases, dtype; reg and defaults",
            0.5,
            *("scales", "means", "biases", "single", "double", "default_shapes", "regs"),
            call=STATISTICS,
            atol=0.3,
            cases=1,
            proves=False,
        ),
    ),
    (
        mistake(
            "not_halved",
            "W2 has too many rows: the 2x2 pool halves height and width, so F * (H / 2) * (W / 2) numbers arrive",
        )(("num_filters * (H // 2) * (W // 2)", "num_filters * H * W")),
        mistake("halved_once", "W2 has twice the rows: the pool halves the width, too, not the height alone")(
            ("num_filters * (H // 2) * (W // 2)", "num_filters * (H // 2) * W")
        ),
        mistake(
            "channels",
            "W2 counts the channels of the image, expected the filters: the convolution puts out one map a filter",
        )(("num_filters * (H // 2)", "C * (H // 2)")),
        mistake(
            "no_padding", "W2 has too few rows, as if the convolution made the image smaller: its padding keeps H and W"
        )(("(H // 2) * (W // 2)", "((H - filter_size + 1) // 2) * ((W - filter_size + 1) // 2)")),
        mistake("filter_axes", "the first two axes of W1 are swapped: (num_filters, C, filter_size, filter_size)")(
            ("(num_filters, C, filter_size", "(C, num_filters, filter_size")
        ),
        mistake("no_scale", "the weights are not multiplied by weight_scale")((RANDOM, "np.random.randn(")),
        mistake(
            "uniform",
            "the weights are uniform between 0 and 1, times weight_scale: np.random.randn draws from the normal distribution",
        )((RANDOM, "weight_scale * np.random.rand(")),
        mistake("zero_weights", "the weights start at 0: then all filters stay alike")(
            (RANDOM, "0 * np.random.randn(")
        ),
        mistake("random_biases", "the biases are random, expected 0")(
            ("np.zeros(num_filters)", "1 + np.random.randn(num_filters)"),
            ("np.zeros(hidden_dim)", "1 + np.random.randn(hidden_dim)"),
            ("np.zeros(num_classes)", "1 + np.random.randn(num_classes)"),
        ),
        mistake("no_dtype", "the parameters are float64: make them of dtype with astype")(
            ("value.astype(dtype)", "value")
        ),
        mistake("always_float32", "the parameters are float32 whatever dtype says")(
            ("value.astype(dtype)", "value.astype(np.float32)")
        ),
    ),
)


def draw_net(rng, N=4):
    """A tiny net; its biases make some windows zero after the ReLU and keep most hidden units active."""
    C, H, W, F, hidden, classes = 1, 4, 2, 2, 5, 3
    shapes = {"W1": (F, C, 3, 3), "W2": (F * H * W // 4, hidden), "W3": (hidden, classes)}
    sizes = {"b1": F, "b2": hidden, "b3": classes}
    return {
        **{name: rng.normal(size=shape) / np.sqrt(3) for name, shape in shapes.items()},
        **{name: rng.uniform(0.1, 0.5, size) for name, size in sizes.items()},
        "b1": rng.uniform(-2, -1, F),
        "X": rng.normal(size=(N, C, H, W)),
        "y": rng.integers(0, classes, N),
        "reg": float(rng.uniform(0.1, 0.5)),
    }


def draw_one(rng):
    return draw_net(rng, 1)


MODEL = """
sizes = dict(num_filters=W1.shape[0], filter_size=W1.shape[2], hidden_dim=W2.shape[1], num_classes=W3.shape[1])
model = ThreeLayerConvNet(input_dim=X.shape[1:], reg=reg, dtype=X.dtype.type, **sizes)
model.params.update(W1=W1, b1=b1, W2=W2, b2=b2, W3=W3, b3=b3)
"""
LOSS = MODEL + "loss, grads = model.loss(X, y)\n"
NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
GRADS = LOSS + "dW1, db1, dW2, db2, dW3, db3 = (grads[name] for name in ('W1', 'b1', 'W2', 'b2', 'W3', 'b3'))\n"

PENALTY, DECAY = "0.5 * reg * np.sum(params[name] ** 2)", "grads[name] + reg * params[name]"

loss = task(
    "ThreeLayerConvNet.loss",
    GRADS,
    draw_net,
    (
        values("scores", 0.5, "scores", call=MODEL + "scores = model.loss(X)"),
        values("loss with the penalty", 0.5, "loss"),
        gradients("gradients against numeric", 0.5, {f"d{name}": name for name in NAMES}, cases=2),
        values("one image", 0.5, "loss", *(f"d{name}" for name in NAMES), draw=draw_one),
    ),
    (
        mistake(
            "full_penalty",
            "the penalty is reg * sum(W * W); this course uses 0.5 * reg * sum(W * W) in deep nets, with 1/2",
        )(("0.5 * reg", "reg")),
        mistake("no_penalty", "the penalty is missing from the loss")((PENALTY, "0")),
        mistake(
            "double_decay",
            "the gradients of the weights hold 2 * reg * W; this course uses 0.5 * reg * sum(W * W), which gives reg * W",
        )((DECAY, "grads[name] + 2 * reg * params[name]")),
        mistake("no_decay", "the gradient of the penalty, reg * W, is missing from the gradients of the weights")(
            (DECAY, "grads[name]")
        ),
        mistake("biases_penalised", "the biases are regularised, too: the penalty is on W1, W2 and W3 alone")(
            ('in ("W1", "W2", "W3")', "in params")
        ),
        mistake("filters_free", "the filters W1 are not regularised: the penalty is on W1, W2 and W3")(
            ('in ("W1", "W2", "W3")', 'in ("W2", "W3")')
        ),
        mistake("no_first_relu", "the ReLU after the convolution is missing")(
            ("active, relu_cache = relu_forward(maps)", "active, relu_cache = maps, np.ones_like(maps)")
        ),
        mistake("no_second_relu", "the ReLU between the two affine layers is missing")(
            ("hidden, hidden_cache = relu_forward(hidden)", "hidden_cache = np.ones_like(hidden)")
        ),
        mistake("relu_not_backward", "the gradient of the filters passes the first ReLU where that was 0")(
            (
                "relu_backward(max_pool_backward_naive(dpooled, pool_cache), relu_cache)",
                "max_pool_backward_naive(dpooled, pool_cache)",
            )
        ),
        mistake("hidden_not_backward", "the gradient passes the second ReLU where that was 0")(
            ("dhidden = relu_backward(dhidden, hidden_cache)", "pass")
        ),
        mistake("relu_on_scores", "a ReLU follows the last affine layer: scores may be negative")(
            ("    if y is None:", "    scores = np.maximum(0, scores)\n    if y is None:")
        ),
        mistake("probabilities", "probabilities are returned without y, expected the scores themselves")(
            ("return scores", "return np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)")
        ),
        mistake("sum", "the loss is the sum over the images, expected their mean")(
            (
                "loss, dscores = softmax_loss(scores, y)",
                "loss, dscores = softmax_loss(scores, y)\n    loss, dscores = loss * len(y), dscores * len(y)",
            )
        ),
    ),
)

TASKS = (init, loss)

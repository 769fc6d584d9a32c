"""Tasks of fully_connected.ipynb: the weights of a net of any depth, and its scores, loss and gradients."""

from autograder.tasks.spec import Task, gradients, mistake, values
from chainrule import fc_net

__all__ = ["TASKS"]

# Every check of __init__ makes a net of three hidden layers and reads self.params; absent names read as None.
MAKE = """
import numpy as np
net = FullyConnectedNet([32, 128, 32], input_dim=32, num_classes=C, normalization=normalization, weight_scale=scale)
read = lambda kind: [net.params[f"{kind}{k}"] for k in (1, 2, 3, 4) if f"{kind}{k}" in net.params]
"""

SHAPES = """
shapes = [[*a.shape, 0][:2] for kind in ("W", "b", "gamma", "beta") for a in read(kind)]
kinds = {"W": 4, "b": 4} | ({"gamma": 3, "beta": 3} if normalization else {})
named = set(net.params) == {f"{kind}{k + 1}" for kind, last in kinds.items() for k in range(last)}
plain = FullyConnectedNet([2])
default_shapes = [*plain.params["W1"].shape, *plain.params["W2"].shape]
"""

# Doublings from weight_scale to the standard deviation; 3 is the kurtosis of normal numbers, 1.8 of uniform ones. All
# bounds are more than 6 standard errors away; the small last layer is judged by its doublings alone.
WEIGHTS = """
W = read("W")
doublings = [round(float(np.log2(np.std(w) / scale + 1e-9))) for w in W]
centred = [bool(abs(np.mean(w)) < 0.2 * np.std(w)) for w in W[:3]]
normal = [bool(2.4 < np.mean(w**4) / np.std(w) ** 4 < 3.8) for w in W[1:3] if np.std(w) > 0]
again = FullyConnectedNet([32, 128, 32], input_dim=32, num_classes=C, weight_scale=scale).params["W2"]
drawn_anew = bool(np.any(again != net.params["W2"]))
doublings.append(round(float(np.log2(np.std(FullyConnectedNet([2]).params["W1"]) / 0.01 + 1e-9))))
"""

BIASES = """
b = [part for a in read("b") for part in a]
gamma, beta = ([part for a in read(kind) for part in a] for kind in ("gamma", "beta"))
"""

# Settings that make no difference (no norm, no dropout) may be kept in another way.
SETTINGS = """
settings = dict(dropout_keep_ratio=keep, normalization=normalization, reg=strength, seed=number, dtype=np.float64)
wide, plain = FullyConnectedNet([4, 3], input_dim=5, **settings), FullyConnectedNet([2])
single = bool(all(value.dtype == np.float32 for value in net.params.values()))
double = bool(all(value.dtype == np.float64 for value in wide.params.values()))
regs = [wide.reg, plain.reg]
same_kind = wide.normalization == normalization
keep_ratio, seed = (wide.dropout_param.get(key, -1) for key in ("p", "seed"))
default_ratio = getattr(plain, "dropout_param", {}).get("p", 1)
own_dicts = normalization is None or len({id(of_layer) for of_layer in wide.bn_params}) == 2
"""


def draw_sizes(*kinds):
    """One drawing function a case, each with another kind of normalisation."""

    def draw(kind, rng):
        sizes = {"C": int(rng.integers(5, 9)), "scale": 2.0 ** -int(rng.integers(5, 8)), "normalization": kind}
        return sizes | {"keep": rng.uniform(0.2, 0.8), "strength": rng.uniform(0.1, 2), "number": int(rng.integers(99))}

    return tuple(lambda rng, kind=kind: draw(kind, rng) for kind in kinds)


KINDS = draw_sizes(None, "batchnorm", "layernorm")
W_LINE = 'params[f"W{k}"] = weight_scale * np.random.randn(fan_in, fan_out)'

init = Task(
    "FullyConnectedNet.__init__",
    fc_net,
    "assignment3",
    "fully_connected",
    MAKE,
    KINDS[0],
    (
        values("names and shapes", 1, "shapes", "named", "default_shapes", call=MAKE + SHAPES, draw=KINDS),
        values(
            "weights: normal, of size weight_scale",
            *(0.5, "doublings", "centred", "normal", "drawn_anew"),
            call=MAKE + WEIGHTS,
            draw=KINDS[:1] * 2,
            cases=2,
        ),
        values("biases and betas 0, gammas 1", 1, "b", "gamma", "beta", call=MAKE + BIASES, draw=KINDS),
        values(
            "of type dtype; settings kept",
            *(0.5, "single", "double", "regs", "same_kind", "keep_ratio", "seed", "default_ratio", "own_dicts"),
            call=MAKE + SETTINGS,
            draw=KINDS,
        ),
    ),
    (
        mistake("not_scaled", "the weights are not multiplied by weight_scale")(
            ("weight_scale * np.random.randn", "np.random.randn")
        ),
        mistake("fixed_scale", "the weights are multiplied by a fixed number, expected weight_scale")(
            ("weight_scale * np.random.randn", "1e-4 * np.random.randn")
        ),
        mistake(
            "uniform",
            "the weights are uniform random numbers from 0 to weight_scale, expected normal ones: np.random.randn",
        )(("np.random.randn(fan_in, fan_out)", "np.random.rand(fan_in, fan_out)")),
        mistake("zero_weights", "the weights start as zeros: then all hidden units are alike for ever")(
            (W_LINE, 'params[f"W{k}"] = np.zeros((fan_in, fan_out))')
        ),
        mistake("same_numbers", "every net gets the same random numbers: do not seed the generator here")(
            ("params = {}", "params = {}\n    np.random.seed(0)")
        ),
        mistake("transposed", "the W matrices are (fan_out, fan_in), expected (fan_in, fan_out)")(
            ("randn(fan_in, fan_out)", "randn(fan_out, fan_in)")
        ),
        mistake("bias_of_inputs", "a bias has as many entries as its layer has inputs, expected one for each output")(
            ("np.zeros(fan_out)\n        if", "np.zeros(fan_in)\n        if")
        ),
        mistake("bias_row", "a bias has the shape (1, fan_out), expected (fan_out,)")(
            ("np.zeros(fan_out)\n        if", "np.zeros((1, fan_out))\n        if")
        ),
        mistake("random_biases", "the biases are random, expected zeros")(
            ("np.zeros(fan_out)\n        if", "np.full(fan_out, weight_scale)\n        if")
        ),
        mistake("no_last_layer", "the last layer, from the hidden units to the classes, is missing")(
            ("range(1, self.num_layers + 1)", "range(1, self.num_layers)")
        ),
        mistake(
            "all_from_input",
            "every layer takes the input images: from the second layer on, fan_in is the size of the layer before",
        )(("dims[k - 1], dims[k]", "input_dim, dims[k]")),
        mistake("first_size_twice", "the hidden layers all have the first size: take hidden_dims one by one")(
            ("*hidden_dims, num_classes", "*[hidden_dims[0]] * len(hidden_dims), num_classes")
        ),
        mistake("from_zero", "the layers are counted from 0: the first is W1, b1")(
            (
                "for k in range(1, self.num_layers + 1):\n        fan_in, fan_out = dims[k - 1], dims[k]",
                "for k in range(self.num_layers):\n        fan_in, fan_out = dims[k], dims[k + 1]",
            ),
            ("k < self.num_layers", "k < self.num_layers - 1"),
        ),
        mistake("always_gammas", "gammas and betas are made although normalization is None")(
            ("normalization is not None and k", "k")
        ),
        mistake("gamma_of_last", "the last layer has a gamma and a beta: the scores are not normalised")(
            (" and k < self.num_layers", "")
        ),
        mistake("only_batchnorm", 'gammas and betas are missing with "layernorm"')(
            ("normalization is not None", 'normalization == "batchnorm"')
        ),
        mistake(
            "gamma_of_inputs",
            "gamma and beta have as many entries as the layer has inputs, expected one for each output",
        )(
            ("np.ones(fan_out)", "np.ones(fan_in)"),
            ('params[f"beta{k}"] = np.zeros(fan_out)', 'params[f"beta{k}"] = np.zeros(fan_in)'),
        ),
        mistake("zero_gammas", "the gammas start as 0, which shuts their layer: expected 1")(("np.ones", "np.zeros")),
        mistake("one_betas", "the betas start as 1, expected 0")(
            ('params[f"beta{k}"] = np.zeros(fan_out)', 'params[f"beta{k}"] = np.ones(fan_out)')
        ),
        mistake("double", "the parameters are float64 whatever dtype is: use astype(dtype)")(
            ("value.astype(dtype)", "value")
        ),
        mistake("single", "the parameters are float32 whatever dtype is: use astype(dtype)")(
            ("value.astype(dtype)", "value.astype(np.float32)")
        ),
        mistake(
            "one_dict",
            "all layers share one dict in bn_params, for [{...}] * n repeats one object: make one for each hidden layer",
        )(('[{"mode": "train"} for _ in hidden_dims]', '[{"mode": "train"}] * len(hidden_dims)')),
        mistake("drop_ratio", "dropout_param holds the share that is dropped as p, expected the share that is kept")(
            ('"p": dropout_keep_ratio', '"p": 1 - dropout_keep_ratio')
        ),
        mistake("no_seed", "the seed is not put into dropout_param")(('self.dropout_param["seed"] = seed', "pass")),
    ),
)

# The documented attributes first, then the student's __init__ if it runs, then known parameters: so `loss` can be
# judged where `__init__` is wrong. Layer norm is given to a class that asks its norm_forward for it.
NET = """
import contextlib
import numpy as np
net = object.__new__(FullyConnectedNet)
net.num_layers, net.reg, net.dtype, net.normalization = len(dims) - 1, reg, np.{dtype}, {normalization}
net.bn_params, net.dropout_param = [{{"mode": "train"}} for _ in dims[1:-1]], {{"mode": "train", "p": 1}}
with contextlib.suppress(Exception):
    net.__init__(dims[1:-1], dims[0], dims[-1], normalization={normalization}, reg=reg, dtype=np.{dtype})
net.params = {{{params}}}
"""
TRAIN = "loss, grads = net.loss(X, y)\n"


def names(layers, normed=False):
    found = [f"{kind}{k}" for k in range(1, layers + 1) for kind in ("W", "b")]
    return found + [f"{kind}{k}" for k in range(1, layers) for kind in ("gamma", "beta") if normed]


def net_of(layers, dtype="float64", normalization=None):
    given = names(layers, normalization is not None)
    params = ", ".join(f'"{name}": {name}.astype(np.{dtype})' for name in given)
    return NET.format(dtype=dtype, params=params, normalization=repr(normalization))


def read(layers):
    return "".join(f'd{name} = grads["{name}"]\n' for name in names(layers))


def pairs(layers):
    return {f"d{name}": name for name in names(layers)}


# A norm that passes everything on, with gradients of its own for gamma and beta, for a class that has norm_forward;
# a class with its norms inside `loss` keeps those, and its gradients must be the slopes of its own loss (a second, smaller
# step where the first meets a kink). The penalty, a difference of two losses, is the same for both.
NORM = """
from chainrule.judging.net_stubs import PassingNorm
passing = PassingNorm()
modes, net.norm_forward, net.norm_backward = passing.modes, passing.forward, passing.backward
net.loss(X)
tested = all(mode == "test" for mode in modes)
modes.clear()
loss_with, grads_with = net.loss(X, y)
trained = all(mode == "train" for mode in modes)
net.reg = 0.0
loss_without, grads_without = net.loss(X, y)
penalty = loss_with - loss_without
dpenalty = [part for name in names for part in (grads_with[name] - grads_without[name]).ravel()]
through_norms = True
for name in names * (not modes):
    value, found = net.params[name], []
    along = np.cos(np.arange(value.size)).reshape(value.shape)
    for h in (1e-6, -1e-6, 1e-7, -1e-7):
        net.params[name] = value + h * along
        found.append(net.loss(X, y)[0])
    net.params[name] = value
    due = np.sum(grads_without[name] * along)
    slopes = np.array([(found[0] - found[1]) / 2e-6, (found[2] - found[3]) / 2e-7])
    through_norms &= bool(np.min(np.abs(slopes - due)) <= 1e-4 * (1 + abs(due)))
"""


def draw_net(*dims, shape=(), num=4):
    """A function that draws images, labels and parameters (with those of layer norm) for layers of these sizes."""

    def draw(rng):
        inputs = {"X": rng.normal(size=(num, *(shape or dims[:1]))), "y": rng.integers(0, dims[-1], num)}
        for k, (fan_in, fan_out) in enumerate(zip(dims[:-1], dims[1:], strict=True), 1):
            inputs |= {f"W{k}": rng.normal(size=(fan_in, fan_out)), f"b{k}": rng.normal(size=fan_out)}
            inputs |= {f"gamma{k}": rng.uniform(0.5, 2, fan_out), f"beta{k}": rng.normal(size=fan_out)}
        return inputs | {"reg": float(rng.uniform(0.1, 0.5)), "dims": list(dims)}

    return draw


draw_three = draw_net(3, 5, 4, 2)
SINGLE = """
float32_kept = [scores.dtype == np.float32, all(value.dtype == np.float32 for value in grads.values())]
dW1 = grads["W1"]
"""
MODES = """
tested = all(mode == "test" for mode in modes)
modes.clear()
loss, grads = net.loss(X, y)
trained = all(mode == "train" for mode in modes)
"""
LOSS_LINE = "loss += 0.5 * self.reg * np.sum(W * W)"
GRADIENT_LINE = 'grads[f"W{k}"] += self.reg * W'
EXTRA = """{line}
        extra = self.params[f"{kind}{{k}}"]{unless}
        loss += 0.5 * self.reg * np.sum(extra * extra)
        grads[f"{kind}{{k}}"] += self.reg * extra"""

loss = Task(
    "FullyConnectedNet.loss",
    fc_net,
    "assignment3",
    "fully_connected",
    net_of(3) + TRAIN,
    draw_three,
    (
        values("scores where y is None", 0.5, "scores", call=net_of(3) + "scores = net.loss(X)", cases=2),
        values("loss", 0.5, "loss", cases=2),
        gradients("gradients against numeric ones", 1, pairs(3), call=net_of(3) + TRAIN + read(3), cases=2),
        values(
            "one image, not flattened; a second call",
            *(0.5, "loss", *pairs(2)),
            call=net_of(2) + TRAIN + TRAIN + read(2),
            draw=draw_net(12, 5, 3, shape=(2, 3, 2), num=1),
            cases=1,
        ),
        values(
            "four hidden layers of one size",
            *(0.5, "scores", "loss", *pairs(5)),
            call=net_of(5) + "scores = net.loss(X)\n" + TRAIN + read(5),
            draw=draw_net(4, 4, 4, 4, 4, 3),
            cases=1,
        ),
        values(
            "with layer norm: modes, gradients, and the penalty on W alone",
            *(0.5, "tested", "trained", "penalty", "dpenalty", "through_norms"),
            call=net_of(3, normalization="layernorm") + f"names = {names(3, True)}" + NORM,
            cases=1,
            atol=1e-9,  # what is not penalised is the difference of two equal numbers
        ),
        values(
            "float32 scores and gradients",
            *(0.5, "float32_kept", "loss", "dW1"),
            call=net_of(3, "float32") + "scores = net.loss(X)\n" + TRAIN + SINGLE,
            cases=1,
            rtol=1e-4,  # float32 keeps seven digits, and loses some in the sums
        ),
    ),
    (
        mistake("no_penalty", "the penalty on the weights is missing from the loss")((LOSS_LINE, "pass")),
        mistake(
            "whole_penalty",
            "the penalty is reg * sum(W * W); this course uses 0.5 * reg * sum(W * W) in deep nets, with 1/2",
        )(("0.5 * self.reg * np.sum", "self.reg * np.sum")),
        mistake("norm_penalty", "the penalty is the norm of W, expected the square of the norm")(
            ("np.sum(W * W)", "np.linalg.norm(W)")
        ),
        mistake("mean_penalty", "the penalty is divided by N: only the data part of the loss is a mean")(
            (LOSS_LINE, f"{LOSS_LINE} / len(y)")
        ),
        mistake("no_penalty_gradient", "the gradient of the penalty, reg * W, is missing")((GRADIENT_LINE, "pass")),
        mistake(
            "double_penalty_gradient",
            "the gradient of the penalty is 2 * reg * W; this course uses 0.5 * reg * sum(W * W), which gives reg * W",
        )(("+= self.reg * W", "+= 2 * self.reg * W")),
        mistake(
            "half_penalty_gradient",
            "the gradient of the penalty is 0.5 * reg * W, expected reg * W: the square gives a 2",
        )(("+= self.reg * W", "+= 0.5 * self.reg * W")),
        mistake("last_gradient_without_penalty", "the gradient of the last W lacks its penalty")(
            (GRADIENT_LINE, f"{GRADIENT_LINE} * (k < L)")
        ),
        mistake("last_not_penalised", "the last W is left out of the penalty, in the loss and in its gradient")(
            ("range(1, L + 1)", "range(1, L)")
        ),
        mistake("biases_penalised", "the biases are penalised, too: the penalty is on the W alone")(
            (GRADIENT_LINE, EXTRA.format(line=GRADIENT_LINE, kind="b", unless=""))
        ),
        mistake(
            "gammas_penalised",
            "the gammas are penalised, too: the penalty is on the W alone, not on what belongs to a norm",
        )(
            (
                GRADIENT_LINE,
                EXTRA.format(line=GRADIENT_LINE, kind="gamma", unless="").replace(
                    "\n        extra", '\n        if f"gamma{k}" not in grads:\n            continue\n        extra', 1
                ),
            )
        ),
        mistake("squared_in_place", "the weights are changed by the call: W **= 2 works in place, W * W does not")(
            (LOSS_LINE, "W **= 2\n        loss += 0.5 * self.reg * np.sum(W)")
        ),
        mistake("test_mode_for_training", 'the layers are told "test" although labels are given: that is training')(
            ('"test" if y is None else "train"', '"test"')
        ),
        mistake(
            "train_mode_for_scores", 'the layers are told "train" although no labels are given: scores are for testing'
        )(('"test" if y is None else "train"', '"train"')),
        mistake("modes_swapped", 'the modes are exchanged: "train" is for calls with labels, "test" for those without')(
            ('"test" if y is None else "train"', '"train" if y is None else "test"')
        ),
        mistake(
            "hidden_returned",
            "these are the outputs of the last hidden layer, expected the scores: one more affine layer is due",
        )(("return scores", "return out")),
        mistake("probabilities", "these are probabilities, expected the scores as they leave the last affine layer")(
            (
                "return scores",
                "e = np.exp(scores - np.max(scores, axis=1, keepdims=True))\n"
                "        return e / np.sum(e, axis=1, keepdims=True)",
            )
        ),
        mistake("labels", "these are classes, expected the scores of all classes")(
            ("return scores", "return np.argmax(scores, axis=1)")
        ),
        mistake("relu_on_scores", "a ReLU follows the last layer: scores may be negative")(
            ("    if y is None:", "    scores = np.maximum(0, scores)\n    if y is None:")
        ),
        mistake("no_cast", "the images are not converted to self.dtype, so float64 images make everything float64")(
            ("X.astype(self.dtype)", "X")
        ),
        mistake("divided_twice", "the gradients are divided by N once more: softmax_loss has done it")(
            ("affine_backward(dscores, cache)", "affine_backward(dscores / len(y), cache)")
        ),
        mistake(
            "not_passed_on", "every hidden layer gets the gradient of the last one: hand dout on from layer to layer"
        )(("dout, of_layer", "_, of_layer")),
        mistake("one_cache", "the backward pass uses one cache for all hidden layers: each needs its own")(
            ("caches[k], k)", "caches[1], k)")
        ),
        mistake("forward_order", "the backward pass goes from the first layer to the last: it must start at the end")(
            ("range(L - 1, 0, -1)", "range(1, L)")
        ),
        mistake("one_layer", "all hidden layers use the parameters of the first")(
            ("self.hidden_forward(out, k, mode)", "self.hidden_forward(out, 1, mode)")
        ),
        mistake(
            "skips_back",
            "the gradient of the last affine layer's input is not used: the first step back must give the new dout",
        )(('dout, grads[f"W{L}"]', 'dout = out\n    _, grads[f"W{L}"]')),
    ),
)

TASKS = (init, loss)

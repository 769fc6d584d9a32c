"""Tasks of fully_connected.ipynb: the loss of a net of any depth."""

from autograder.tasks.layer_checks import FIRST_ENTRIES
from autograder.tasks.spec import Task, gradients, mistake, values
from chainrule import fc_net

__all__ = ["TASKS"]

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


def param_names(layers, normed=False):
    params = [f"{kind}{k}" for k in range(1, layers + 1) for kind in ("W", "b")]
    return params + [f"{kind}{k}" for k in range(1, layers) for kind in ("gamma", "beta") if normed]


def net_of(layers, dtype="float64", normalization=None):
    parameters = param_names(layers, normalization is not None)
    params = ", ".join(f'"{name}": {name}.astype(np.{dtype})' for name in parameters)
    return NET.format(dtype=dtype, params=params, normalization=repr(normalization))


def read_gradients(layers):
    return "".join(f'd{name} = grads["{name}"]\n' for name in param_names(layers))


def gradient_pairs(layers):
    return {f"d{name}": name for name in param_names(layers)}


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
SINGLE = f"""
entries = {FIRST_ENTRIES.format("grads")}
float32_kept = [scores.dtype == np.float32, entries.dtype == np.float32]
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
        gradients(
            "gradients against numeric ones", 1, gradient_pairs(3), call=net_of(3) + TRAIN + read_gradients(3), cases=2
        ),
        values(
            "one image, not flattened; a second call",
            *(0.5, "loss", *gradient_pairs(2)),
            call=net_of(2) + TRAIN + TRAIN + read_gradients(2),
            draw=draw_net(12, 5, 3, shape=(2, 3, 2), num=1),
            cases=1,
        ),
        values(
            "four hidden layers of one size",
            *(0.5, "scores", "loss", *gradient_pairs(5)),
            call=net_of(5) + "scores = net.loss(X)\n" + TRAIN + read_gradients(5),
            draw=draw_net(4, 4, 4, 4, 4, 3),
            cases=1,
        ),
        values(
            "with layer norm: modes, gradients, and the penalty on W alone",
            *(0.5, "tested", "trained", "penalty", "dpenalty", "through_norms"),
            call=net_of(3, normalization="layernorm") + f"names = {param_names(3, True)}" + NORM,
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
            "not_passed_on", "every hidden layer gets the gradient of the last one: pass dout on from layer to layer"
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

TASKS = (loss,)

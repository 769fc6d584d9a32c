"""Tasks of normalization.ipynb: those on rows, those on images, and normalisation in a net."""

from autograder.tasks.assignment3 import normed
from autograder.tasks.assignment3.normed import task
from autograder.tasks.spec import gradients, mistake, values
from chainrule import fc_net

__all__ = ["TASKS"]


def draw_net(rng):
    """Three hidden layers of one size, each with its own scale, shift and running averages."""
    inputs, D = normed.draw_rows(rng), 4
    N = len(inputs["x"])
    return {
        "x": rng.normal(size=(N, D)),
        "dout": rng.normal(size=(N, D)),
        "gammas": rng.uniform(0.5, 2, (3, D)),
        "betas": rng.normal(size=(3, D)),
        "means": rng.normal(size=(3, D)),
        "variances": rng.uniform(0.5, 2, (3, D)),
        "k": int(rng.integers(2, 4)),
    }


def net_of(kind):
    return f"""net = object.__new__(FullyConnectedNet)
net.normalization = {kind!r}
net.params = {{f"gamma{{i}}": gammas[i - 1] for i in (1, 2, 3)}} | {{f"beta{{i}}": betas[i - 1] for i in (1, 2, 3)}}
net.bn_params = [{{"mode": "test", "running_mean": m, "running_var": v}} for m, v in zip(means, variances)]
"""


STATE = 'mean_after = np.array([p["running_mean"] for p in net.bn_params])\n'
NET_TRAIN = 'out, cache = net.norm_forward(x.copy(), k, "train")\n' + STATE
NET_BOTH = (
    NET_TRAIN
    + 'net.bn_params = [p | {"mode": "train"} for p in net.bn_params]\ntested, _ = net.norm_forward(x.copy(), k, "test")\n'
)
OWN = "self.bn_params[k - 1]"
GAMMA, BETA = 'self.params[f"gamma{k}"]', 'self.params[f"beta{k}"]'

norm_forward = task(
    "FullyConnectedNet.norm_forward",
    net_of("batchnorm") + NET_BOTH,
    draw_net,
    (
        values("batch norm, in training and in test", 0.5, "out", "tested", "mean_after"),
        values(
            "layer norm, and none",
            0.5,
            *("out", "plain"),
            call=net_of("layernorm")
            + NET_TRAIN
            + 'net.normalization = None\nplain, _ = net.norm_forward(x, k, "train")',
        ),
    ),
    (
        mistake(
            "one_bn_param", "all layers share the first layer's bn_param: every layer needs running averages of its own"
        )((OWN, "self.bn_params[0]")),
        mistake("layer_above", "the bn_param of another layer is used: layers are counted from 1, the list from 0")(
            (OWN, "self.bn_params[k % 3]")
        ),
        mistake("mode_not_set", "the mode is not written into bn_param: it stays what it was")(
            (f'{OWN}["mode"] = mode', "pass")
        ),
        mistake("always_train", "the mode is always train, expected the one that is given")(
            ('["mode"] = mode', '["mode"] = "train"')
        ),
        mistake("always_test", "the mode is always test, expected the one that is given")(
            ('["mode"] = mode', '["mode"] = "test"')
        ),
        mistake("always_layer", "batch norm is asked for and layer norm is used")(
            ("batchnorm_forward if", "layernorm_forward if")
        ),
        mistake("always_batch", "layer norm is asked for and batch norm is used")(
            ("else layernorm_forward", "else batchnorm_forward")
        ),
        mistake("first_gamma", "gamma and beta of layer 1 are used for every layer")(
            (GAMMA, 'self.params["gamma1"]'), (BETA, 'self.params["beta1"]')
        ),
        mistake("gamma_for_beta", "gamma and beta have changed places")((f"{GAMMA}, {BETA}", f"{BETA}, {GAMMA}")),
        mistake("state_lost", "the layer gets a copy of its bn_param, so that the running averages are lost")(
            (f"{BETA}, {OWN})", f"{BETA}, dict({OWN}))")
        ),
    ),
    fc_net,
)

NAMED = 'dx, grads = net.norm_backward(dout.copy(), cache, k)\ndgamma, dbeta = grads[f"gamma{k}"], grads[f"beta{k}"]\n'
OF_NET = 'out, cache = net.norm_forward(x.copy(), k, "train")\nloss = np.sum(out * dout)\n'
NONE = (
    'net.normalization = None\nout, cache = net.norm_forward(x, k, "train")\nplain, grads = net.norm_backward(dout, cache, k)\n'
    "num_grads = len(grads)"
)

norm_backward = task(
    "FullyConnectedNet.norm_backward",
    net_of("batchnorm") + OF_NET + NAMED,
    draw_net,
    (
        gradients("batch norm: dx against numeric", 0.5, {"dx": "x"}, cases=2),
        values(
            "layer norm, and none",
            0.5,
            *("dx", "dgamma", "dbeta", "plain", "num_grads"),
            call=net_of("layernorm") + OF_NET + NAMED + NONE,
        ),
    ),
    (
        mistake("names_swapped", "dgamma and dbeta are filed under each other's name")(
            ('{f"gamma{k}": dgamma, f"beta{k}": dbeta}', '{f"gamma{k}": dbeta, f"beta{k}": dgamma}')
        ),
        mistake("always_layer", "the backward function of layer norm is used for batch norm")(
            ("batchnorm_backward if", "layernorm_backward if")
        ),
        mistake("always_batch", "the backward function of batch norm is used for layer norm")(
            ("else layernorm_backward", "else batchnorm_backward")
        ),
        mistake("passed_on", "dx is dout: the gradient did not go through the norm")(
            ("return dx, {f", "return dout, {f")
        ),
        mistake("shared", "dgamma and dbeta are divided by the number of examples, expected sums")(
            ('k}": dgamma', 'k}": dgamma / len(dout)'), ('k}": dbeta', 'k}": dbeta / len(dout)')
        ),
        mistake("named_when_off", "without normalisation there are no gammas and betas: expected an empty dict")(
            ("return dout, {}", 'return dout, {f"gamma{k}": 0, f"beta{k}": 0}')
        ),
    ),
    fc_net,
)

TASKS = (norm_forward, norm_backward)

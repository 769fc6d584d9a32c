"""Tasks of fully_connected.ipynb: the parameters and settings of a net of any depth."""

from autograder.tasks.layer_checks import FIRST_ENTRIES
from autograder.tasks.spec import Task, mistake, values
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
numbers, sizes = np.concatenate([np.ravel(w) for w in read("W")]), [np.size(w) for w in read("W")]
second = net.params["W2"]
again = FullyConnectedNet([32, 128, 32], input_dim=32, num_classes=C, weight_scale=scale).params["W2"]
by_default = FullyConnectedNet([2]).params["W1"]
W = np.split(numbers, np.cumsum(sizes)[:-1])
doublings = [round(float(np.log2(np.std(w) + 1e-9))) for w in [*(w / scale for w in W), by_default / 0.01]]
centred = [bool(abs(np.mean(w)) < 0.2 * np.std(w)) for w in W[:3]]
normal = [bool(2.4 < np.mean(w**4) / np.std(w) ** 4 < 3.8) for w in W[1:3] if np.std(w) > 0]
drawn_anew = bool(np.any(again != second))
"""

BIASES = """
b = [part for a in read("b") for part in a]
gamma, beta = ([part for a in read(kind) for part in a] for kind in ("gamma", "beta"))
"""

# Settings that make no difference (no norm, no dropout) may be kept in another way.
SETTINGS = f"""
settings = dict(dropout_keep_ratio=keep, normalization=normalization, reg=strength, seed=number, dtype=np.float64)
wide, plain = FullyConnectedNet([4, 3], input_dim=5, **settings), FullyConnectedNet([2])
of_net, of_wide = {FIRST_ENTRIES.format("net.params")}, {FIRST_ENTRIES.format("wide.params")}
single, double = of_net.dtype == np.float32, of_wide.dtype == np.float64
regs = [wide.reg, plain.reg]
same_kind = wide.normalization == normalization
keep_ratio, seed = (wide.dropout_param.get(key, -1) for key in ("p", "seed"))
default_ratio = getattr(plain, "dropout_param", {{}}).get("p", 1)
own_dicts = normalization is None or len({{id(of_layer) for of_layer in wide.bn_params}}) == 2
"""


def draw_sizes(*kinds):
    """Return one draw function per case, each with another kind of normalisation."""

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
            proves=False,
        ),
        values("biases and betas 0, gammas 1", 1, "b", "gamma", "beta", call=MAKE + BIASES, draw=KINDS, proves=False),
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

TASKS = (init,)

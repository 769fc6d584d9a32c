"""Tasks of fully_connected.ipynb: first weights, and what they do to a signal in a deep network."""

from autograder.tasks.spec import mistake, task_factory, untouched, values
from chainrule import initializers

__all__ = ["TASKS"]

task = task_factory("assignment3", "fully_connected", initializers)


# The spread of 12000 normal numbers is off by 0.65 % (one sigma), their mean by 0.9 % of the spread. A student may draw
# them in another order than the reference, so that two such errors meet; the bounds are 6 sigma of that, or more. In
# `same`, rtol counts twice: for the value and for the scale.
SPREAD = """
from numpy.random import default_rng
small, xavier, he = (initialize(kind, fan_in, fan_out, default_rng(seed)) for kind in ("small", "xavier", "he"))
shape, small_std, xavier_std, he_std = small.shape, small.std(), xavier.std(), he.std()
"""

NORMAL = """
from numpy.random import default_rng
w, again, other = (initialize("he", fan_in, fan_out, default_rng(s)) for s in (seed, seed, seed + 1))
mean_over_std = w.mean() / w.std()
share_within_one_std = (abs(w - w.mean()) < w.std()).mean()
same_for_same_seed, new_for_new_seed = (w == again).all(), (w != other).mean()
rng = default_rng(seed)
first, second = initialize("xavier", 7, 5, rng), initialize("xavier", 7, 5, rng)
new_in_each_call = (first != second).mean()
"""

SPECIAL = """
from numpy.random import default_rng
zeros = initialize("zeros", 7, 4, default_rng(seed))
error_raised = False
try:
    initialize("no such kind", 7, 4, default_rng(seed))
except ValueError:
    error_raised = True
"""


def draw_wide(rng):
    fan_in = int(rng.integers(30, 81))
    return {"fan_in": fan_in, "fan_out": 12000 // fan_in, "seed": int(rng.integers(10**6))}


def draw_narrow(rng):
    wide = draw_wide(rng)
    return wide | {"fan_in": wide["fan_out"], "fan_out": wide["fan_in"]}


STD = '"small": 0.01, "xavier": np.sqrt(1 / fan_in), "he": np.sqrt(2 / fan_in)'
NORMAL_NUMBERS = "rng.standard_normal((fan_in, fan_out))"
VARIANCE = "the standard deviation is {0} where its square root is due: {0} is the variance"

initialize = task(
    "initialize",
    SPREAD,
    draw_wide,
    (
        values(
            "shape and spread of each kind",
            *(0.5, "shape", "small_std", "xavier_std", "he_std"),
            draw=(draw_wide, draw_narrow),
            cases=2,
            rtol=0.03,
        ),
        values(
            "normal numbers, all of them from rng",
            0.5,
            *("mean_over_std", "share_within_one_std", "same_for_same_seed", "new_for_new_seed", "new_in_each_call"),
            call=NORMAL,
            # The share, 0.68 of 12000, has a sigma of 0.004; evenly spread numbers have 0.58.
            atol=0.08,
            rtol=0.0,
            cases=1,
            proves=False,
        ),
        values("zeros, and an unknown kind", 0.5, "zeros", "error_raised", call=SPECIAL, cases=1, proves=False),
    ),
    (
        mistake("xavier_variance", VARIANCE.format("1 / fan_in"))(("np.sqrt(1 / fan_in)", "1 / fan_in")),
        mistake("he_variance", VARIANCE.format("2 / fan_in"))(("np.sqrt(2 / fan_in)", "2 / fan_in")),
        mistake(
            "fan_out", "the spread depends on the number of outputs, fan_out, expected on that of the inputs, fan_in"
        )((STD, STD.replace("fan_in", "fan_out"))),
        mistake("glorot", "xavier uses 2 / (fan_in + fan_out), Glorot's own form; in this course it is 1 / fan_in")(
            ("np.sqrt(1 / fan_in)", "np.sqrt(2 / (fan_in + fan_out))")
        ),
        mistake("he_is_xavier", "he lacks the 2: it is sqrt(2 / fan_in)")(
            ("np.sqrt(2 / fan_in)", "np.sqrt(1 / fan_in)")
        ),
        mistake("he_outside", "he is 2 / sqrt(fan_in): the 2 belongs under the root")(
            ("np.sqrt(2 / fan_in)", "2 / np.sqrt(fan_in)")
        ),
        mistake("inverse", "the spread grows with fan_in: divide by the root, do not multiply")(
            (STD, STD.replace("1 / fan_in", "fan_in").replace("2 / fan_in", "2 * fan_in"))
        ),
        mistake("small_is_one", "small has the spread 1: the factor 0.01 is missing")(
            ('"small": 0.01', '"small": 1.0')
        ),
        mistake("small_root", "small has the variance 0.01, expected the standard deviation 0.01")(
            ('"small": 0.01', '"small": 0.1')
        ),
        mistake("transposed", "the weights have shape (fan_out, fan_in), expected (fan_in, fan_out)")(
            ("(fan_in, fan_out))", "(fan_out, fan_in))")
        ),
        mistake("uniform", "the numbers are spread evenly between two bounds, expected normal ones")(
            (NORMAL_NUMBERS, "rng.uniform(-np.sqrt(3), np.sqrt(3), (fan_in, fan_out))")
        ),
        mistake(
            "positive", "all weights are positive: rng.random() lies between 0 and 1, expected normal numbers around 0"
        )((NORMAL_NUMBERS, "rng.random((fan_in, fan_out))")),
        mistake(
            "own_rng", "a generator of its own is made in each call, so that every layer gets the same numbers: use rng"
        )((NORMAL_NUMBERS, "np.random.default_rng(0).standard_normal((fan_in, fan_out))")),
        mistake(
            "global_random",
            "the numbers come from np.random, expected from rng: the same seed must give the same weights",
        )((NORMAL_NUMBERS, "np.random.standard_normal((fan_in, fan_out))")),
        mistake("zeros_are_random", "zeros holds random numbers, expected 0 everywhere")(
            ('"zeros": 0.0', '"zeros": 1e-3')
        ),
        mistake("no_error", "an unknown kind is taken without complaint, expected a ValueError")(
            ("if kind not in stds:", "stds.setdefault(kind, 0.01)\n    if kind not in stds:")
        ),
    ),
)

# What becomes of a signal.

# An activation of our own: the student's may still be blank.
CALL = """
from chainrule.judging.stubs import leaky
means, stds = activation_statistics(x, [w1, w2, w3], leaky)
"""


def draw_net(rng):
    N, *sizes = (int(n) for n in rng.permutation([4, 5, 6, 7, 8])[:5])
    shapes = [(N, sizes[0]), *zip(sizes[:-1], sizes[1:], strict=True)]
    return {name: rng.normal(size=shape) for name, shape in zip(("x", "w1", "w2", "w3"), shapes, strict=True)}


activation_statistics = task(
    "activation_statistics",
    CALL,
    draw_net,
    (values("means and standard deviations", 0.5, "means", "stds"), untouched(0.5, "x", "w1", "w2", "w3")),
    (
        mistake(
            "before", "the statistics are those of h w, before the activation, expected those of the layer's output"
        )(
            (
                "x, _ = forward(x @ w)\n        means.append(np.mean(x))\n        stds.append(np.std(x))",
                "x = x @ w\n        means.append(np.mean(x))\n        stds.append(np.std(x))\n        x, _ = forward(x)",
            )
        ),
        mistake("not_carried_on", "every layer gets x itself, expected the output of the layer before")(
            (
                "for w in weights:\n        x, _ = forward(x @ w)",
                "first, whole = x, np.eye(x.shape[1])\n    for w in weights:\n        whole = whole @ w\n        x, _ = forward(first @ whole)",
            )
        ),
        mistake("input_too", "the input counts as a layer: the first numbers are those of h_1")(
            ("for w in weights:\n        x, _ = forward(x @ w)\n", "for w in weights:\n"),
            ("stds.append(np.std(x))", "stds.append(np.std(x))\n        x, _ = forward(x @ w)"),
        ),
        mistake("no_activation", "the activation is left out: h_l = forward(h_{l-1} w_l)[0]")(
            ("x, _ = forward(x @ w)", "x = x @ w")
        ),
        mistake("variance", "the second list holds variances, expected their square roots")(("np.std(x)", "np.var(x)")),
        mistake("ddof", "the standard deviation is divided by one less than the number of entries (ddof=1)")(
            ("np.std(x)", "np.std(x, ddof=1)")
        ),
        mistake("per_unit", "there is one number for each unit, expected one for each layer, over all entries")(
            ("np.std(x)", "np.std(x[:, :4], axis=0)"), ("np.mean(x)", "np.mean(x[:, :4], axis=0)")
        ),
        mistake("mean_of_stds", "the standard deviations of the units are averaged, expected one over all entries")(
            ("np.std(x)", "np.mean(np.std(x, axis=0))")
        ),
        mistake("root_mean_square", "this is the root of the mean square: the mean is not subtracted")(
            ("np.std(x)", "np.sqrt(np.mean(x**2))")
        ),
        mistake("swapped", "stds come before means: the order is (means, stds)")(
            ("return means, stds", "return stds, means")
        ),
        mistake("absolute", "the means are those of absolute values, expected of the values")(
            ("np.mean(x)", "np.mean(np.abs(x))")
        ),
        mistake("changes_w", "the weights are changed by the call: do not scale them in place")(
            ("means.append(", "w /= 2\n        means.append(")
        ),
    ),
)

TASKS = (initialize, activation_statistics)

"""What the tasks of normalization.ipynb have in common: draws, calls, messages, mistakes."""

from autograder.tasks.spec import Task, gradients, mistake, values
from chainrule import norm

__all__ = [
    *("BN_PARAM", "CENTRED_GAMMA", "CHANGES_CACHE", "CHANGES_DOUT", "CHANGES_X", "DDOF", "DEFAULTS", "DIRECT"),
    *("FACTORED", "FIXED_EPS", "MEANS", "NOT_CENTRED", "NO_BETA", "NO_DX_GAMMA", "NO_EPS", "NO_GAMMA"),
    *("NO_MEAN_PATH", "NO_VAR_PATH", "OUTSIDE", "ROW_SUM", "RUNNING", "SWAPPED_RESULTS", "UPCAST", "VARIANCE"),
    *("VARIANCE_BACK", "X_GAMMA"),
    *(
        "backward",
        "backward_checks",
        "draw_channels",
        "draw_constant",
        "draw_groups",
        "draw_images",
        "forward_and_backward",
    ),
    *("draw_one_group", "draw_rows", "draw_single_channels", "draw_small", "forward", "in_test_mode", "one_example"),
    *("settings", "call_in_float32", "statistics_mistakes", "task", "three_batches", "backward_twice"),
]


# What is drawn. Sizes differ, eps and momentum are not the usual ones, and each feature has its own mean and spread.


def settings(rng, features):
    return {
        "eps": float(rng.uniform(0.05, 0.1)),
        "momentum": float(rng.uniform(0.6, 0.8)),
        "running_mean": rng.normal(size=features),
        "running_var": rng.uniform(0.5, 2, features),
    }


def draw_rows(rng, N=None):
    N, D = N or rng.integers(5, 8), rng.integers(3, 5)
    return settings(rng, D) | {
        "x": rng.normal(size=D) + rng.uniform(0.5, 2, D) * rng.normal(size=(N, D)),
        "gamma": rng.uniform(0.5, 2, D) * rng.choice([-1, 1], D),
        "beta": rng.normal(size=D),
        "dout": rng.normal(size=(N, D)),
    }


def draw_images(rng, N=None):
    N, C, H, W = N or 2, 3, *rng.permutation([2, 4])
    return settings(rng, C) | {
        "x": rng.normal(size=(1, C, 1, 1)) + rng.uniform(0.5, 2, (N, C, 1, 1)) * rng.normal(size=(N, C, H, W)),
        "gamma": rng.uniform(0.5, 2, C) * rng.choice([-1, 1], C),
        "beta": rng.normal(size=C),
        "dout": rng.normal(size=(N, C, H, W)),
    }


def draw_groups(rng):
    G = int(rng.choice([2, 3]))
    return draw_channels(rng, G)


def draw_channels(rng, G):
    N, C, H, W = 2, 6, *rng.permutation([2, 3])
    return {
        "x": rng.normal(size=(N, C, 1, 1)) + rng.uniform(0.5, 2, (1, C, 1, 1)) * rng.normal(size=(N, C, H, W)),
        "gamma": rng.uniform(0.5, 2, (1, C, 1, 1)) * rng.choice([-1, 1], (1, C, 1, 1)),
        "beta": rng.normal(size=(1, C, 1, 1)),
        "dout": rng.normal(size=(N, C, H, W)),
        "eps": float(rng.uniform(0.05, 0.1)),
        "G": G,
    }


def one_example(draw):
    return lambda rng: draw(rng, 1)


def draw_constant(axis):
    """Entries of 1e4; one feature (axis 0) or one row (axis 1) is constant, so that its variance is 0."""

    def draw(rng):
        inputs = draw_rows(rng)
        inputs["x"] = 1e4 * inputs["x"]
        inputs["x"][(slice(None), 1) if axis == 0 else 1] = 7.0
        return inputs

    return draw


def draw_small(rng):
    """Entries so close together that eps = 1e-5 counts."""
    inputs = draw_rows(rng)
    return inputs | {"x": 0.01 * inputs["x"]}


def draw_one_group(rng):
    return draw_channels(rng, 1)


def draw_single_channels(rng):
    return draw_channels(rng, 6)


# How the functions are called.

BN_PARAM = (
    'bn_param = {"mode": "train", "eps": eps, "momentum": momentum, '
    '"running_mean": running_mean, "running_var": running_var}\n'
)
RUNNING = 'mean_after, var_after = bn_param["running_mean"], bn_param["running_var"]\n'
DEFAULTS = 'bn_param = {"mode": "train"}\n'


def forward(kind, arguments):
    return f"out, cache = {kind}_forward(x, gamma, beta, {arguments})\n"


def backward(function):
    return f"loss = np.sum(out * dout)\ndx, dgamma, dbeta = {function}(dout, cache)\n"


def forward_and_backward(kind):
    """Return the call of batch normalisation forward and backward, with eps set."""
    return DEFAULTS[:-2] + ', "eps": eps}\n' + forward(kind, "bn_param") + backward(f"{kind}_backward")


def call_in_float32(call):
    """Return the call on float32 inputs; it sets float32_kept: whether the output is float32, too."""
    names = "x, gamma, beta, dout"
    cast = f"{names} = (np.asarray(a, dtype=np.float32) for a in ({names}))\n"
    output = call.rstrip().split("\n")[-1].split(",")[0]
    return f"{cast}{call}float32_kept = {output}.dtype == np.float32"


def backward_twice(call, function):
    """Return the call with its last line, the backward pass, run twice, first with a copy of dout."""
    return f"{call.replace('(dout, cache)', '(dout.copy(), cache)')}dx, dgamma, dbeta = {function}(dout, cache)\n"


def in_test_mode(kind):
    return BN_PARAM + 'bn_param["mode"] = "test"\n' + forward(kind, "bn_param") + RUNNING


def three_batches(kind):
    return (
        f"{DEFAULTS}for k in range(3):\n    {kind}_forward((k + 1) * x + k, gamma.copy(), beta.copy(), bn_param)\n"
        f'bn_param["mode"] = "test"\n{forward(kind, "bn_param")}{RUNNING}'
    )


def task(name, call, draw, checks, mistakes, module=norm):
    return Task(name, module, "assignment3", "normalization", call, draw, checks, mistakes)


def backward_checks(call, function, points, draw_other=None, dtype=False):
    checks = (
        gradients("dx against numeric", points, {"dx": "x"}, cases=2),
        gradients("dgamma and dbeta against numeric", 0.5, {"dgamma": "gamma", "dbeta": "beta"}, cases=2),
        values(
            "a second call gives the same, dout unchanged",
            0.5,
            *("dx", "dgamma", "dbeta", "dout"),
            call=backward_twice(call, function),
            cases=2,
            draw=draw_other,
            layout="strided",
        ),
    )
    if dtype:
        # Tolerance: float32 has seven digits, and the subtractions lose some.
        checks += (values("float32 stays float32", 0.5, "float32_kept", "dx", call=call_in_float32(call), rtol=1e-3),)
    return checks


# Messages that several tasks share.

DDOF = "the variance is divided by the number of entries minus 1 (ddof=1), expected by their number"
OUTSIDE = "eps is added to the standard deviation, expected to the variance under the root"
NO_EPS = "eps is missing: x_hat = (x - mean) / sqrt(var + eps)"
FIXED_EPS = "eps is taken to be 1e-5 always, expected the one in the dict where it is given"
VARIANCE = "x is divided by the variance, expected by its square root"
NOT_CENTRED = "the mean is not subtracted from x"
NO_BETA = "beta is not added"
NO_GAMMA = "x_hat is not multiplied by gamma"
CHANGES_X = "x itself is changed: x -= mean works in place, x - mean does not"
UPCAST = "the result is float64 where the inputs are float32"
ROW_SUM = "dgamma is summed over the features (axis=1) and has shape (N,), expected a sum over the examples, shape (D,)"
MEANS = "dgamma and dbeta are means over the batch, expected sums"
CENTRED_GAMMA = "dgamma uses x - mean, expected x_hat, which is that divided by sqrt(var + eps)"
X_GAMMA = "dgamma uses x, expected x_hat"
SWAPPED_RESULTS = "dgamma and dbeta are returned in each other's place"
NO_DX_GAMMA = "gamma is missing from dx: the gradient at x_hat is dout times gamma"
DIRECT = "dx treats mean and variance as constants: both depend on x, so two more terms are due"
NO_MEAN_PATH = "dx lacks the path through the mean: dbeta, or the sum of the gradients at x_hat, has to be subtracted"
NO_VAR_PATH = "dx lacks the path through the variance, the term with x_hat"
CHANGES_DOUT = "dout is changed in place, so that a second call gives something else"
CHANGES_CACHE = "the arrays in the cache are changed, so that a second call gives something else"
VARIANCE_BACK = "dx is divided by the variance, expected by the standard deviation"
FACTORED = (
    "gamma stands before the bracket in dx, as in batch norm; here the sums run over entries with different gammas, so "
    "multiply dout by gamma first"
)


def statistics_mistakes(mean_var, wrong_axes):
    """Mistakes of every forward function. mean_var: its line with mean and variance; wrong_axes: (name, message, line)."""
    return (
        mistake("ddof", DDOF)((mean_var, mean_var[:-1] + ", ddof=1)")),
        mistake("eps_outside", OUTSIDE)(("np.sqrt(var + eps)", "np.sqrt(var) + eps")),
        mistake("no_eps", NO_EPS)(("np.sqrt(var + eps)", "np.sqrt(var)")),
        mistake("variance", VARIANCE)(("np.sqrt(var + eps)", "(var + eps)")),
        mistake("no_beta", NO_BETA)(("gamma * x_hat + beta", "gamma * x_hat")),
        mistake("no_gamma", NO_GAMMA)(("gamma * x_hat + beta", "x_hat + beta")),
        *(mistake(name, message)((mean_var, line)) for name, message, line in wrong_axes),
    )

"""Tasks of style_transfer.ipynb, second part: the parameters of the stylizing net."""

from autograder.tasks.layer_checks import FIRST_ENTRIES
from autograder.tasks.spec import mistake, task_factory, values
from chainrule import fast_style

__all__ = ["NAMES", "TASKS"]

task = task_factory("assignment5", "style_transfer", fast_style)

NAMES = ("W1", "gamma1", "beta1", "W2", "gamma2", "beta2", "W3", "b3")


def draw_sizes(rng):
    return {"num_filters": int(rng.integers(8, 13)), "seed": int(rng.integers(1000))}


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
    "weights1, weights2, weights3 = (np.array([params[name] for params in many]) for name in ('W1', 'W2', 'W3'))\n"
    "weights = [weights1 / goals['W1'], weights2 / goals['W2'], weights3 / goals['W3']]\n"
    "means, scales = [np.mean(W) / 2 for W in weights], [np.std(W) for W in weights]\n"
    "beyond_one = [np.mean(np.abs(W) > 1) for W in weights]\n"
    "gammas = [np.min(gamma1), np.max(gamma1), np.min(gamma2), np.max(gamma2)]\n"
    "zeros = [np.max(np.abs(b)) for b in (beta1, beta2, b3)]"
)
SEEDS = f"""
np.random.seed(seed)
single, same, other = (StylizingNet(4, seed=s) for s in (seed, seed, seed + 1))
double, fresh, fresher = StylizingNet(4, dtype=np.float64), StylizingNet(4), StylizingNet(4)
of_single, of_double = {FIRST_ENTRIES.format("single.params")}, {FIRST_ENTRIES.format("double.params")}
float32_made, float64_made = of_single.dtype == np.float32, of_double.dtype == np.float64
dtypes_kept = [net.dtype == dtype for net, dtype in ((single, np.float32), (double, np.float64))]
one, again = (np.concatenate([made.params[name].ravel() for name in single.params]) for made in (single, same))
same_seed_same = np.all(one == again)
W2s = [made.params["W2"] for made in (single, other, fresh, fresher)]
other_seed_same, no_seed_same = np.all(W2s[0] == W2s[1]), np.all(W2s[2] == W2s[3])
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
            proves=False,
        ),
        values(
            "dtype and seed",
            0.5,
            *("float32_made", "float64_made", "dtypes_kept", "same_seed_same", "other_seed_same", "no_seed_same"),
            call=SEEDS,
            cases=2,
            proves=False,
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

TASKS = (init,)

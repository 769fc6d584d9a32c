"""Tasks of two_layer_net.ipynb: the parameters of the two-layer net."""

from autograder.tasks.spec import mistake, task_factory, values
from chainrule import two_layer

__all__ = ["TASKS"]

task = task_factory("assignment2", "two_layer_net", two_layer)

INIT = """
net, other = TwoLayerNet(D, H, C, std=std), TwoLayerNet(D, H, C, std=std)
W1, b1, W2, b2 = (np.asarray(net.params[name]) for name in ("W1", "b1", "W2", "b2"))
other_W1 = other.params["W1"]
shapes = [*W1.shape, *W2.shape]
bias_shapes = [*b1.shape, *b2.shape]
zero, alike = [not b1.any(), not b2.any()], [np.ptp(b1) == 0, np.ptp(b2) == 0]
random = [W1.std() > 0, W2.std() > 0, not np.array_equal(W1, other_W1)]
centred = [abs(W.mean()) < 0.25 * W.std() + 1e-300 for W in (W1, W2)]
spread = [int(np.digitize(W.std() / std, [0.001, 0.8, 1.2, 30])) for W in (W1, W2)]  # 2: as asked for
"""
DEFAULT = "W1 = TwoLayerNet(D, H, C).params['W1']\nspread = int(np.digitize(W1.std() / 1e-4, [0.001, 0.8, 1.2]))"


def draw_sizes(rng):
    # With over 1200 weights a matrix, the bounds in INIT are more than eight standard errors away.
    D, H, C = (int(n) for n in rng.permutation([41, 53, 31]) + rng.integers(0, 5, 3))
    return {"D": D, "H": H, "C": C, "std": float(rng.uniform(0.002, 0.004))}


NO_STD = ("std * np.random.randn", "np.random.randn")
W1_RANDOM, W2_RANDOM = (
    "std * np.random.randn(input_size, hidden_size)",
    "std * np.random.randn(hidden_size, output_size)",
)

init = task(
    "TwoLayerNet.__init__",
    INIT,
    draw_sizes,
    (
        values("shapes of W1, b1, W2, b2", 1, "shapes", "bias_shapes"),
        values("weights random, with the spread std", 1, "random", "centred", "spread", proves=False),
        values("biases are 0", 0.5, "zero", "alike", proves=False),
        values("std is 1e-4 by default", 0.5, "spread", call=DEFAULT, proves=False),
    ),
    (
        mistake("no_std", "the random numbers are not multiplied by std")(NO_STD),
        mistake("root_of_std", "the random numbers are multiplied by the square root of std, expected std itself")(
            ("std * np.random.randn", "np.sqrt(std) * np.random.randn")
        ),
        mistake("std_on_W1_only", "std is applied to W1 alone: W2 is multiplied by it, too")(
            (W2_RANDOM, "np.random.randn(hidden_size, output_size)")
        ),
        mistake("std_on_biases", "the biases are random numbers, expected zeros: std is for the weights alone")(
            ("np.zeros(", "std * np.random.randn(")
        ),
        mistake("biases_one", "the biases are 1, expected 0")(("np.zeros(", "np.ones(")),
        mistake("std_ignored", "std is fixed inside, expected the one that was passed")(
            ("std * np.random", "1e-6 * np.random")
        ),
        mistake(
            "uniform",
            "the weights are all positive (np.random.rand), expected normal numbers around 0 (np.random.randn)",
        )(("np.random.randn", "np.random.rand")),
        mistake("zeros", "the weights are 0, so that all hidden units stay alike: expected random numbers")(
            ("std * np.random.randn", "0 * np.random.randn")
        ),
        mistake("transposed", "the weight matrices are transposed: W1 is (D, H) and W2 is (H, C)")(
            ("randn(input_size, hidden_size)", "randn(hidden_size, input_size)"),
            ("randn(hidden_size, output_size)", "randn(output_size, hidden_size)"),
        ),
        mistake("biases_of_the_input", "b1 has one entry for every input, expected one for every hidden unit")(
            ("np.zeros(hidden_size)", "np.zeros(input_size)")
        ),
        mistake("row_biases", "the biases are matrices of one row, expected shapes (H,) and (C,)")(
            ("np.zeros(hidden_size)", "np.zeros((1, hidden_size))"),
            ("np.zeros(output_size)", "np.zeros((1, output_size))"),
        ),
        mistake("seeded", "every net starts with the same weights: do not set the seed inside")(
            ("self.params = {", "np.random.seed(0)\n    self.params = {")
        ),
    ),
)

TASKS = (init,)

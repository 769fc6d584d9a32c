"""Tasks of backprop.ipynb: the L-layer net of sigmoids and the recursion of its deltas."""

from autograder.tasks.spec import gradients, mistake, task_factory, untouched, values
from chainrule import deltas

__all__ = ["TASKS"]

FORWARD = """
activations = sigmoid_net_forward(x, [{}], [{}])
count, first = len(activations), activations[0]
{} = activations[1:] if len(activations) > {} else activations
"""

# The activations are computed here, so that a slip in the forward pass is not paid for twice.
BACKWARD = """
Ws, activations = [{}], [x]
for W, b in zip(Ws, [{}]):
    activations += [1 / (1 + np.exp(-(W.dot(activations[-1]) + b)))]
loss, dWs, dbs = sigmoid_net_backward(activations, y, Ws)
{} = dWs
{} = dbs
"""


def numbered_names(letter, numbers):
    """Return numbered names, each with a comma: `numbered_names("W", (1, 2))` is "W1, W2, "."""
    return "".join(f"{letter}{number}, " for number in numbers)


def forward(L):
    layers = range(1, L + 1)
    return FORWARD.format(*(numbered_names(letter, layers) for letter in ("W", "b", "a")), L)


def backward(L):
    layers = range(1, L + 1)
    return BACKWARD.format(*(numbered_names(letter, layers) for letter in ("W", "b", "dW", "db")))


def draw_net(sizes=None, L=3):
    """A net of L layers of all different sizes, or of the given sizes."""

    def draw(rng):
        n = sizes or rng.permutation([2, 3, 4, 5])[: L + 1]
        inputs = {"x": rng.normal(size=n[0]), "y": rng.uniform(0, 1, n[-1])}
        for layer in range(1, len(n)):
            inputs[f"W{layer}"] = rng.normal(size=(n[layer], n[layer - 1]))
            inputs[f"b{layer}"] = rng.normal(size=n[layer])
        return inputs

    return draw


def without_y(draw):
    def drawn(rng):
        return {name: value for name, value in draw(rng).items() if name != "y"}

    return drawn


task = task_factory("assignment2", "backprop", deltas)


Z = "W @ activations[-1] + b"

sigmoid_net_forward = task(
    "sigmoid_net_forward",
    forward(3),
    without_y(draw_net()),
    (
        values("activations of three layers", 1, "count", "first", "a1", "a2", "a3"),
        values("one layer", 0.5, "a1", call=forward(1), draw=without_y(draw_net(L=1))),
        untouched(0.5, "x", "W1", "b1"),
    ),
    (
        mistake("no_bias", "the bias is not added: z_l = W_l a_{l-1} + b_l")((Z, "W @ activations[-1]")),
        mistake("no_one", "the sigmoid is 1 / (1 + e^-z): the 1 in the denominator is missing")(
            ("1 / (1 + np.exp(-z))", "1 / np.exp(-z)")
        ),
        mistake("wrong_sign", "the sigmoid is 1 / (1 + e^-z): the minus in the exponent is missing")(
            ("np.exp(-z)", "np.exp(z)")
        ),
        mistake("linear_last", "the last layer is left linear: it is a layer of sigmoids like the others")(
            ("    return activations", "    activations[-1] = z\n    return activations")
        ),
        mistake("linear", "no sigmoid is applied: these are the weighted sums z")(
            ("activations.append(1 / (1 + np.exp(-z)))", "activations.append(z)")
        ),
        mistake("tanh", "the layers use tanh, expected the sigmoid")(
            ("activations.append(1 / (1 + np.exp(-z)))", "activations.append(np.tanh(z))")
        ),
        mistake(
            "no_input", "the list begins with a_1: the input x = a_0 stands first, because the gradient of W_1 needs it"
        )(("    return activations", "    return activations[1:]")),
        mistake("squashed_input", "the input x goes through the sigmoid: a_0 is x itself")(
            ("[x]", "[1 / (1 + np.exp(-x))]")
        ),
        mistake("sums", "the list holds the weighted sums z_l, expected the activations a_l = s(z_l)")(
            ("    return activations", "    return activations[:1] + [np.log(a / (1 - a)) for a in activations[1:]]")
        ),
        mistake("bias_outside", "the bias is added after the sigmoid, expected before")(
            (Z, "W @ activations[-1]"), ("1 / (1 + np.exp(-z))", "1 / (1 + np.exp(-z)) + b")
        ),
        mistake("in_place", "x or a bias is changed by the call: z += b is safe, b += z is not")(
            (f"z = {Z}", "b += W @ activations[-1]\n        z = b")
        ),
    ),
)

LAYERS = (1, 2, 3)
DW_OF = {f"dW{n}": f"W{n}" for n in LAYERS}
DB_OF = {f"db{n}": f"b{n}" for n in LAYERS}

sigmoid_net_backward = task(
    "sigmoid_net_backward",
    backward(3),
    draw_net(),
    (
        values("loss", 1, "loss"),
        gradients("dWs and dbs against numeric, three layers", 3, DW_OF | DB_OF, cases=2),
        values("layers of one size", 1, "loss", *DW_OF, *DB_OF, draw=draw_net((3, 3, 3, 3)), cases=2),
        values("one layer", 0.5, "loss", "dW1", "db1", call=backward(1), draw=draw_net(L=1), cases=2),
        values("five layers", 0.5, "dW1", "db1", call=backward(5), draw=draw_net((2, 3, 3, 3, 3, 2)), cases=2),
        untouched(0.5, "x", "y", "W2"),
    ),
    (
        mistake("no_half", "the loss is the squared error, expected half of it")(("0.5 * np.sum", "np.sum")),
        mistake("mean", "the loss is a mean over the outputs, expected half their sum of squares")(
            ("0.5 * np.sum", "0.5 * np.mean")
        ),
        mistake("not_squared", "the errors are not squared in the loss")(
            ("(activations[L] - y) ** 2", "np.abs(activations[L] - y)")
        ),
        mistake("two", "the gradients are twice the right ones: the 1/2 of the loss cancels the 2 of the square")(
            ("da = activations[L] - y", "da = 2 * (activations[L] - y)")
        ),
        mistake("wrong_sign", "the error is taken as y - a_L, expected a_L - y: all gradients have the wrong sign")(
            ("da = activations[L] - y", "da = y - activations[L]")
        ),
        mistake("no_slope", "the deltas are not multiplied by the slope s'(z) = a (1 - a) of the sigmoid")(
            ("delta = da * a * (1 - a)", "delta = da")
        ),
        mistake("no_slope_above", "the slope a (1 - a) is missing in the last layer's delta")(
            ("delta = da * a * (1 - a)", "delta = da * (a * (1 - a) if layer < L else 1)")
        ),
        mistake("no_slope_below", "the slope a (1 - a) is missing in the deltas of the hidden layers")(
            ("delta = da * a * (1 - a)", "delta = da * (a * (1 - a) if layer == L else 1)")
        ),
        mistake("tanh_slope", "1 - a^2 is the slope of tanh; that of the sigmoid is a (1 - a)")(
            ("a * (1 - a)", "(1 - a**2)")
        ),
        mistake("no_complement", "the slope of the sigmoid is a (1 - a): the factor 1 - a is forgotten")(
            ("da * a * (1 - a)", "da * a")
        ),
        mistake(
            "sigmoid_twice",
            "the slope is taken at s(a) instead of at a: the activations went through the sigmoid already",
        )(("da * a * (1 - a)", "da * (1 / (1 + np.exp(-a))) * (1 - 1 / (1 + np.exp(-a)))")),
        mistake("slope_below", "the slope is that of the layer below: delta_l takes a_l (1 - a_l)")(
            ("da * a * (1 - a)", "da * a_below * (1 - a_below)")
        ),
        mistake(
            "own_weights", "delta_l is carried back through W_l: from layer l + 1 to layer l it goes through W_{l+1}"
        )(("da = Ws[layer - 1].T @ delta", "da = Ws[max(layer - 2, 0)].T @ delta")),
        mistake("last_weights", "every delta is carried back through the weights of the last layer")(
            ("Ws[layer - 1].T", "Ws[-1].T")
        ),
        mistake(
            "not_transposed", "the weights are not transposed on the way back: delta_l takes W_{l+1}^T delta_{l+1}"
        )(("Ws[layer - 1].T", "Ws[layer - 1]")),
        mistake("same_error", "every layer gets the error of the last one: it has to be carried back through W^T")(
            ("        da = Ws[layer - 1].T @ delta\n", "")
        ),
        mistake("slope_not_carried", "da is carried back through W^T, expected delta, which has the slope in it")(
            (".T @ delta", ".T @ da")
        ),
        mistake(
            "dW_transposed",
            "each dW is transposed: it has the shape of its W, so it is the outer product of delta_l and a_{l-1}",
        )(("np.outer(delta, a_below)", "np.outer(a_below, delta)")),
        mistake("own_activation", "dW_l is made with a_l, expected a_{l-1}, which went into layer l")(
            ("np.outer(delta, a_below)", "np.outer(delta, a)")
        ),
        mistake("bias_sum", "db is one number: there is a bias, and so a gradient, for every unit")(
            ("dbs[layer - 1] = delta", "dbs[layer - 1] = np.sum(delta)")
        ),
        mistake("bias_error", "db is the error da, expected delta, which has gone through the sigmoid")(
            ("dbs[layer - 1] = delta", "dbs[layer - 1] = da")
        ),
        mistake("reversed_lists", "the lists run from the last layer to the first, expected the order of Ws")(
            ("return loss, dWs, dbs", "return loss, dWs[::-1], dbs[::-1]")
        ),
        mistake("in_place", "the targets or the activations are changed by the call: compute new arrays")(
            ("    da = activations[L] - y", "    y -= activations[L]\n    da = -y")
        ),
    ),
)

TASKS = (sigmoid_net_forward, sigmoid_net_backward)

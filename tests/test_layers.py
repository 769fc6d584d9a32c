from typing import NamedTuple

import numpy as np
import pytest

from chainrule import activations as act
from chainrule.activations import elu_forward, leaky_relu_forward, maxout_forward, sigmoid_forward, tanh_forward
from chainrule.gradcheck import numerical_gradient, numerical_gradient_array
from chainrule.initializers import activation_statistics, initialize
from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward, softmax_loss, svm_loss


class Layer(NamedTuple):
    forward: object
    backward: object
    inputs: dict  # name: shape
    options: dict = {}  # noqa: RUF012 never changed


ANY = {"x": (4, 2, 5)}
TWO_PIECES = {"x": (5, 3), "w1": (3, 4), "b1": (4,), "w2": (3, 4), "b2": (4,)}
LAYERS = {
    "affine": Layer(affine_forward, affine_backward, {"x": (5, 2, 3), "w": (6, 4), "b": (4,)}),
    "relu": Layer(relu_forward, relu_backward, ANY),
    "sigmoid": Layer(sigmoid_forward, act.sigmoid_backward, ANY),
    "tanh": Layer(tanh_forward, act.tanh_backward, ANY),
    "leaky_relu": Layer(leaky_relu_forward, act.leaky_relu_backward, ANY),
    "leaky_relu 0.3": Layer(leaky_relu_forward, act.leaky_relu_backward, ANY, {"alpha": 0.3}),
    "elu": Layer(elu_forward, act.elu_backward, ANY),
    "elu 0.3": Layer(elu_forward, act.elu_backward, ANY, {"alpha": 0.3}),
    "maxout": Layer(maxout_forward, act.maxout_backward, TWO_PIECES),
}
LOSSES = {"svm": svm_loss, "softmax": softmax_loss}
POINTWISE = {name: layer for name, layer in LAYERS.items() if layer.inputs is ANY}

per_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
per_pointwise = pytest.mark.parametrize("layer", POINTWISE.values(), ids=POINTWISE)
per_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def drawn(layer, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    inputs = {name: rng.normal(size=shape).astype(dtype) for name, shape in layer.inputs.items()}
    out, _ = layer.forward(**inputs, **layer.options)
    return inputs, rng.normal(size=out.shape).astype(dtype)


def gradients(layer, inputs, dout):
    gradients = layer.backward(dout, layer.forward(**inputs, **layer.options)[1])
    return dict(zip(inputs, gradients if isinstance(gradients, tuple) else (gradients,), strict=True))


def scores(seed=0, N=6, C=4):
    rng = np.random.default_rng(seed)
    return 2 * rng.normal(size=(N, C)), rng.integers(0, C, N)


def assert_close(got, expected, rtol):
    """Compare entries to the precision of the largest."""
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=0, atol=rtol * np.max(np.abs(expected)))


# Gradients, by differences and by another library.


@per_layer
def test_gradients_agree_with_differences(layer):
    inputs, dout = drawn(layer)
    for name, got in gradients(layer, inputs, dout).items():

        def f(value, name=name):
            return layer.forward(**inputs | {name: value}, **layer.options)[0]

        assert_close(got, numerical_gradient_array(f, inputs[name], dout), 1e-9)


@per_loss
def test_gradients_of_losses_agree_with_differences(loss):
    x, y = scores()
    assert_close(loss(x, y)[1], numerical_gradient(lambda x: loss(x, y)[0], x), 1e-9)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch, the second oracle, is not installed")


@per_layer
def test_outputs_and_gradients_agree_with_pytorch(layer, torch):
    nn = torch.nn.functional
    alpha = layer.options.get("alpha")
    theirs = {
        affine_forward: lambda x, w, b: nn.linear(x.flatten(1), w.T, b),
        relu_forward: nn.relu,
        sigmoid_forward: torch.sigmoid,
        tanh_forward: torch.tanh,
        leaky_relu_forward: lambda x: nn.leaky_relu(x, alpha or 0.01),
        elu_forward: lambda x: nn.elu(x, alpha or 1.0),
        maxout_forward: lambda x, w1, b1, w2, b2: torch.maximum(x @ w1 + b1, x @ w2 + b2),
    }[layer.forward]
    inputs, dout = drawn(layer, seed=1)
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in inputs.items()}
    out = theirs(*tensors.values())
    out.backward(torch.tensor(dout))
    assert_close(layer.forward(**inputs, **layer.options)[0], out.detach().numpy(), 1e-14)
    for name, got in gradients(layer, inputs, dout).items():
        assert_close(got, tensors[name].grad.numpy(), 1e-14)


@per_loss
def test_losses_agree_with_pytorch(loss, torch):
    nn = torch.nn.functional
    x, y = scores(seed=1)
    theirs = {softmax_loss: nn.cross_entropy, svm_loss: lambda s, y: nn.multi_margin_loss(s, y) * s.shape[1]}[loss]
    tensor = torch.tensor(x, requires_grad=True)
    expected = theirs(tensor, torch.tensor(y))
    expected.backward()
    got, dx = loss(x, y)
    np.testing.assert_allclose(got, expected.item(), rtol=1e-14)
    assert_close(dx, tensor.grad.numpy(), 1e-14)


# Known values.


def test_affine_of_numbers_by_hand():
    x = np.arange(1.0, 5).reshape(1, 2, 2)
    w = np.array([[1.0, 0], [0, 1], [1, 0], [0, 2]])
    out, cache = affine_forward(x, w, np.array([10.0, 20]))
    assert out.tolist() == [[1 + 3 + 10, 2 + 8 + 20]]
    dx, dw, db = affine_backward(np.array([[1.0, -1]]), cache)
    assert dx.tolist() == [[[1, -1], [1, -2]]]
    assert dw.tolist() == [[1, -1], [2, -2], [3, -3], [4, -4]]
    assert db.tolist() == [1, -1]


@pytest.mark.parametrize(
    ("row", "label", "hinge", "softmax"),
    [
        # CS231n, lecture 3: a cat with the scores cat 3.2, car 5.1, frog -1.7 costs 2.9; its probability is 0.13.
        ([3.2, 5.1, -1.7], 0, 2.9, -np.log(0.13)),
        # CS231n, notes on linear classification: 1.58 and 1.04 for these scores, the last class being right.
        ([-2.85, 0.86, 0.28], 2, 1.58, 1.04),
    ],
)
def test_losses_of_published_examples(row, label, hinge, softmax):
    x, y = np.array([row]), np.array([label])
    assert svm_loss(x, y)[0] == pytest.approx(hinge, abs=0.005)
    assert softmax_loss(x, y)[0] == pytest.approx(softmax, abs=0.01)


def test_losses_are_means_and_an_untrained_softmax_has_loss_log_c():
    x, y = scores()
    for loss in LOSSES.values():
        singles = [loss(x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
        assert loss(x, y)[0] == pytest.approx(np.mean([value for value, _ in singles]))
        assert_close(loss(x, y)[1], np.vstack([dx for _, dx in singles]) / len(x), 1e-14)
    assert softmax_loss(np.zeros((3, 10)), np.arange(3))[0] == pytest.approx(np.log(10))
    assert svm_loss(np.zeros((3, 10)), np.arange(3))[0] == 9


@pytest.mark.parametrize(
    ("forward", "x", "expected"),
    [  # all of them worked out by hand
        (sigmoid_forward, np.log(3), 3 / 4),
        (sigmoid_forward, -np.log(4), 1 / 5),
        (tanh_forward, np.log(2), 3 / 5),
        (tanh_forward, -np.log(3), -4 / 5),
        (elu_forward, -np.log(4), -3 / 4),
        (lambda x: elu_forward(x, 2.0), -np.log(2), -1),
        (leaky_relu_forward, -3.0, -0.03),
        (lambda x: leaky_relu_forward(x, 0.5), -3.0, -1.5),
        (relu_forward, -3.0, 0.0),
        (elu_forward, 7.0, 7.0),
    ],
)
def test_activations_at_points_known_by_hand(forward, x, expected):
    np.testing.assert_allclose(forward(np.array([x]))[0], [expected], rtol=1e-15)


def test_maxout_contains_the_relu_and_the_absolute_value():
    x, one, zero = np.array([[-2.0], [3.0]]), np.ones((1, 1)), np.zeros(1)
    assert maxout_forward(x, one, zero, 0 * one, zero)[0].tolist() == relu_forward(x)[0].tolist()
    assert maxout_forward(x, one, zero, -one, zero)[0].tolist() == np.abs(x).tolist()


# Conventions where a derivative has none, and far out.


def test_at_kinks_and_ties_the_gradient_is_the_documented_one():
    zero, dout = np.zeros(3), np.array([2.0, 3, 4])
    assert relu_backward(dout, relu_forward(zero)[1]).tolist() == [0, 0, 0]
    assert act.leaky_relu_backward(dout, leaky_relu_forward(zero, 0.5)[1]).tolist() == [1, 1.5, 2]
    x, w, b = np.ones((1, 1)), np.ones((1, 3)), np.zeros(3)
    _, dw1, _, dw2, _ = act.maxout_backward(dout[None], maxout_forward(x, w, b, w, b)[1])
    assert (dw1.tolist(), dw2.tolist()) == ([[2, 3, 4]], [[0, 0, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@per_pointwise
def test_activations_are_finite_and_without_warnings_at_extremes(layer, dtype):
    # Warnings are errors here: an overflow would raise.
    x = np.array([-1e4, -1e3, -100, 100, 1e3, 1e4], dtype)
    out, cache = layer.forward(x, **layer.options)
    dx = layer.backward(np.ones_like(x), cache)
    assert np.all(np.isfinite(out))
    assert np.all(np.diff(out) >= 0)
    assert np.all((dx >= 0) & (dx <= 1))
    assert out.dtype == dx.dtype == dtype


def test_sigmoid_is_accurate_at_large_negative_inputs():
    # There s(x) is e^x to all digits, far below the rounding error of numbers near 1.
    np.testing.assert_allclose(sigmoid_forward(np.array([-40.0, -700.0]))[0], np.exp([-40.0, -700.0]), rtol=1e-15)


@per_loss
def test_losses_are_finite_at_scores_of_1e4(loss):
    # The last row lies far below the others: with one shift for all, its exponentials would all be 0.
    value, dx = loss(np.array([[1e4, -1e4, 0], [0, 0, 1e4], [-1e4, -1e4, -1e4]]), np.array([1, 2, 0]))
    expected = {svm_loss: (2e4 + 1 + 1e4 + 1 + 2) / 3, softmax_loss: (2e4 + np.log(3)) / 3}[loss]
    assert value == pytest.approx(expected)
    assert np.all(np.isfinite(dx))


# What every layer promises.


@per_layer
def test_float32_is_kept(layer):
    inputs, dout = drawn(layer, dtype=np.float32)
    assert layer.forward(**inputs, **layer.options)[0].dtype == np.float32
    assert {got.dtype for got in gradients(layer, inputs, dout).values()} == {np.dtype(np.float32)}


@per_loss
def test_gradients_of_losses_keep_float32(loss):
    x, y = scores()
    assert loss(x.astype(np.float32), y)[1].dtype == np.float32


@per_layer
def test_a_cache_can_be_used_twice_and_no_input_is_changed(layer):
    inputs, dout = drawn(layer)
    copies = {name: value.copy() for name, value in inputs.items()}
    dout_kept = dout.copy()
    _, cache = layer.forward(**inputs, **layer.options)
    first, second = (layer.backward(dout, cache) for _ in range(2))
    pairs = zip(first, second, strict=True) if isinstance(first, tuple) else [(first, second)]
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert all(np.array_equal(inputs[name], copies[name]) for name in copies)
    assert np.array_equal(dout, dout_kept)


@per_loss
def test_losses_leave_scores_unchanged(loss):
    x, y = scores()
    original = x.copy()
    loss(x, y)
    assert np.array_equal(x, original)


# First weights.


@pytest.mark.parametrize(("kind", "variance"), [("zeros", 0), ("small", 1e-4), ("xavier", 1 / 300), ("he", 2 / 300)])
def test_initial_weights_have_the_standard_deviation_of_their_kind(kind, variance):
    for seed in range(20):
        w = initialize(kind, 300, 200, np.random.default_rng(seed))
        assert w.shape == (300, 200)
        # 60000 numbers: sigma of the spread is 0.3 % of it, sigma of the mean 0.4 %; six of them.
        assert w.std() == pytest.approx(variance**0.5, rel=0.018)
        assert abs(w.mean()) <= 0.025 * variance**0.5
        if variance:  # 0.683 of normal numbers lie within one standard deviation, with a sigma of 0.002
            assert np.mean(np.abs(w) < w.std()) == pytest.approx(0.683, abs=0.012)


def test_initial_weights_depend_on_the_generator_only():
    rng = np.random.default_rng(3)
    first, second = (initialize("he", 4, 5, rng) for _ in range(2))
    assert not np.any(first == second)
    assert np.array_equal(first, initialize("he", 4, 5, np.random.default_rng(3)))
    with pytest.raises(ValueError, match=r"kind: expected one of \['he', .*\], got 'glorot'"):
        initialize("glorot", 4, 5, rng)


def test_statistics_of_two_layers_by_hand():
    x = np.array([[1.0, -1.0]])
    weights = [np.array([[3.0, 0], [0, 1]]), np.array([[1.0], [1.0]])]
    means, stds = activation_statistics(x, weights, relu_forward)
    assert np.array_equal(means, [1.5, 3])  # outputs 3 and 0, then 3
    assert np.array_equal(stds, [1.5, 0])
    assert (x.tolist(), weights[0].tolist()) == ([[1, -1]], [[3, 0], [0, 1]])
    means, stds = activation_statistics(x, weights[:1], lambda z: (z, None))
    assert (means, stds) == ([1], [2])  # outputs 3 and -1


def test_he_keeps_the_signal_through_relus_and_xavier_halves_its_power():
    # He et al. (2015), section 2.2: with variance v of the weights, E[h_l^2] = fan_in v / 2 * E[h_{l-1}^2].
    def power(kind, seed):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((200, 400))
        means, stds = activation_statistics(x, [initialize(kind, 400, 400, rng) for _ in range(8)], relu_forward)
        return np.square(means[-1]) + np.square(stds[-1])

    # One draw has a sigma of 0.23, the mean of 5 of 0.1.
    assert np.mean([power("he", seed) for seed in range(5)]) == pytest.approx(1, abs=0.5)
    # The same random numbers, each sqrt(2) smaller: eight factors of 2 in the power.
    assert power("xavier", 0) == pytest.approx(power("he", 0) / 2**8)

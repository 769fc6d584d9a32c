import itertools

import numpy as np
import pytest

from chainrule.fc_net import FullyConnectedNet
from chainrule.gradcheck import check_gradient

DEPTHS, NORMS = (1, 2, 3, 4), (None, "batchnorm", "layernorm")
N, D, C, SIZES = 6, 5, 3, (7, 4, 6, 5)
EVERY = list(itertools.product(DEPTHS, NORMS, (1, 0.7), (0.0, 0.3)))


def random_net(depth=2, normalization=None, keep=1, reg=0.0, dtype=np.float64, seed=3):
    """Return a net whose parameters are all random and of ordinary size, with images and labels."""
    rng = np.random.default_rng([depth, NORMS.index(normalization), int(10 * keep), int(10 * reg), 8])
    net = FullyConnectedNet(
        SIZES[:depth], D, C, dropout_keep_ratio=keep, normalization=normalization, reg=reg, dtype=dtype, seed=seed
    )
    for name, value in net.params.items():
        value[...] = rng.normal(0.6 if name.startswith("gamma") else 0, 0.6, value.shape)
    return net, rng.normal(size=(N, D)).astype(dtype), rng.integers(0, C, N)


@pytest.mark.parametrize(("depth", "normalization", "keep", "reg"), EVERY)
def test_gradients_in_every_combination(depth, normalization, keep, reg):
    net, X, y = random_net(depth, normalization, keep, reg)
    _, grads = net.loss(X, y)
    assert set(grads) == set(net.params)
    scale = max(map(np.linalg.norm, grads.values()))
    for name, value in net.params.items():
        assert grads[name].shape == value.shape
        # In front of batch normalization the gradient of a bias is 0: the other gradients tell its scale.
        report = check_gradient(lambda _: net.loss(X, y)[0], value, grads[name], scale=scale)
        assert report.verdict == "pass", f"{name}: {report}"


@pytest.mark.parametrize(("depth", "normalization", "reg"), list(itertools.product(DEPTHS, NORMS, (0.0, 0.3))))
def test_loss_and_gradients_agree_with_pytorch(depth, normalization, reg):
    torch = pytest.importorskip("torch", reason="PyTorch is the second oracle; not installed")
    net, X, y = random_net(depth, normalization, reg=reg)
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in net.params.items()}
    out = torch.tensor(X)
    for k in range(1, depth + 2):
        out = out @ theirs[f"W{k}"] + theirs[f"b{k}"]
        if k <= depth:
            scale = {"weight": theirs[f"gamma{k}"], "bias": theirs[f"beta{k}"]} if normalization else {}
            if normalization == "batchnorm":
                out = torch.nn.functional.batch_norm(out, None, None, training=True, **scale)
            elif normalization == "layernorm":
                out = torch.nn.functional.layer_norm(out, out.shape[1:], **scale)
            out = torch.relu(out)
    squares = sum((value**2).sum() for name, value in theirs.items() if name.startswith("W"))
    expected = torch.nn.functional.cross_entropy(out, torch.tensor(y)) + reg / 2 * squares
    expected.backward()

    loss, grads = net.loss(X, y)
    np.testing.assert_allclose(loss, expected.item(), rtol=1e-13)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, theirs[name].grad.numpy(), rtol=1e-9, atol=1e-13, err_msg=name)


def test_a_small_net_by_hand():
    # x = 3: the hidden unit is relu(2 * 3 - 1) = 5, the scores are 5 * (1, -1) + (0, 0.5) = (5, -4.5).
    net = FullyConnectedNet([1], input_dim=1, num_classes=2, reg=0.1, dtype=np.float64)
    net.params = {
        "W1": np.array([[2.0]]),
        "b1": np.array([-1.0]),
        "W2": np.array([[1.0, -1.0]]),
        "b2": np.array([0.0, 0.5]),
    }
    X = np.array([[3.0]])
    np.testing.assert_allclose(net.loss(X), [[5.0, -4.5]], rtol=1e-15)
    loss, grads = net.loss(X, np.array([0]))
    p = 1 / (1 + np.exp(9.5))  # probability of class 1
    np.testing.assert_allclose(loss, np.log1p(np.exp(-9.5)) + 0.05 * (4 + 1 + 1), rtol=1e-14)
    expected = {"b2": [-p, p], "W2": [[-5 * p + 0.1, 5 * p - 0.1]], "b1": [-2 * p], "W1": [[-6 * p + 0.2]]}
    for name, value in expected.items():
        np.testing.assert_allclose(grads[name], value, rtol=1e-10)


@pytest.mark.parametrize("normalization", NORMS)
def test_an_untrained_net_has_the_loss_log_c(normalization):
    net = FullyConnectedNet([30, 20], 15, 10, normalization=normalization, weight_scale=1e-3)
    X, y = np.random.default_rng(0).normal(size=(40, 15)), np.arange(40) % 10
    np.testing.assert_allclose(net.loss(X, y)[0], np.log(10), rtol=5e-3)
    penalised = FullyConnectedNet([30, 20], 15, 10, normalization=normalization, weight_scale=0.5, reg=1.0)
    free = penalised.loss(X, y)[0]
    penalised.reg = 0.0
    squares = sum(np.sum(W * W) for name, W in penalised.params.items() if name.startswith("W"))
    np.testing.assert_allclose(free - penalised.loss(X, y)[0], 0.5 * squares, rtol=1e-4)


@pytest.mark.parametrize("normalization", NORMS)
def test_parameters_by_name_shape_and_value(normalization):
    net = FullyConnectedNet([60, 50], 40, 7, normalization=normalization, weight_scale=0.05)
    shapes = {"W1": (40, 60), "W2": (60, 50), "W3": (50, 7), "b1": (60,), "b2": (50,), "b3": (7,)}
    if normalization:
        shapes |= {"gamma1": (60,), "beta1": (60,), "gamma2": (50,), "beta2": (50,)}
    assert {name: value.shape for name, value in net.params.items()} == shapes
    for name, value in net.params.items():
        assert value.dtype == np.float32
        if name.startswith("W"):  # the standard deviation of n normal numbers is off by 1 / sqrt(2 n) or so
            assert abs(np.std(value) / 0.05 - 1) < 6 / np.sqrt(2 * value.size)
        else:
            np.testing.assert_array_equal(value, 1 if name.startswith("gamma") else 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("normalization", NORMS)
def test_everything_is_computed_in_the_dtype_of_the_net(dtype, normalization):
    net, X, y = random_net(2, normalization, keep=0.7, reg=0.1, dtype=dtype)
    other = X.astype(np.float32 if dtype == np.float64 else np.float64)
    _, grads = net.loss(other, y)
    assert {grad.dtype for grad in grads.values()} == {np.dtype(dtype)}
    assert net.loss(other).dtype == dtype


def test_images_may_have_any_rank():
    net = FullyConnectedNet([4], input_dim=12, num_classes=C, weight_scale=1, dtype=np.float64)
    X = np.random.default_rng(0).normal(size=(N, 3, 2, 2))
    np.testing.assert_array_equal(net.loss(X), net.loss(X.reshape(N, 12)))


def test_calls_leave_images_and_parameters_as_they_were():
    net, X, y = random_net(3, "layernorm", reg=0.2)
    before, image = {name: value.copy() for name, value in net.params.items()}, X.copy()
    first, grads = net.loss(X, y)
    second, second_grads = net.loss(X, y)
    np.testing.assert_array_equal(X, image)
    assert first == second
    for name in before:
        np.testing.assert_array_equal(net.params[name], before[name])
        np.testing.assert_array_equal(grads[name], second_grads[name])


def test_batch_norm_keeps_averages_of_its_own_for_each_layer_and_only_in_training():
    net, X, y = random_net(2, "batchnorm")
    net.loss(X, y)
    means = [params["running_mean"].copy() for params in net.bn_params]
    assert [mean.shape for mean in means] == [(7,), (4,)]
    np.testing.assert_allclose(means[0], 0.1 * np.mean(X @ net.params["W1"] + net.params["b1"], axis=0), rtol=1e-12)
    alone, together = net.loss(X[:1]), net.loss(X)
    np.testing.assert_allclose(alone, together[:1], rtol=1e-12)  # test mode: an image does not depend on the others
    for params, mean in zip(net.bn_params, means, strict=True):
        np.testing.assert_array_equal(params["running_mean"], mean)


def test_dropout_works_in_training_alone_and_follows_its_seed():
    net, X, y = random_net(2, keep=0.5, seed=None)
    assert len({net.loss(X, y)[0] for _ in range(5)}) > 1
    np.testing.assert_array_equal(net.loss(X), net.loss(X))
    np.testing.assert_allclose(net.loss(X), random_net(2, keep=0.5)[0].loss(X), rtol=1e-14)
    seeded, X, y = random_net(2, keep=0.5, seed=7)
    assert seeded.loss(X, y)[0] == seeded.loss(X, y)[0]


def test_settings_of_two_nets_are_independent():
    first, second = (FullyConnectedNet([4, 3], 5, 2, normalization="batchnorm") for _ in range(2))
    first.bn_params[0]["mode"] = "test"
    assert (first.bn_params[1]["mode"], second.bn_params[0]["mode"]) == ("train", "train")
    assert np.any(first.params["W1"] != second.params["W1"])

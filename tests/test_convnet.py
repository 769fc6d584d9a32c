"""ThreeLayerConvNet: gradients in float64, PyTorch as a second oracle, and learning."""

import numpy as np
import pytest

from chainrule.convnet import ThreeLayerConvNet
from chainrule.gradcheck import check_gradient


def problem(filter_size=3, reg=0.1, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    model = ThreeLayerConvNet(
        input_dim=(2, 4, 6), num_filters=3, filter_size=filter_size, hidden_dim=5, num_classes=4, reg=reg, dtype=dtype
    )
    for name, value in model.params.items():
        value[...] = rng.normal(scale=0.5, size=value.shape) + 0.2 * (name[0] == "b")
    return model, rng.normal(size=(3, 2, 4, 6)).astype(dtype), np.array([3, 0, 2])


@pytest.mark.parametrize("filter_size", [1, 3, 5])
@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_gradients(filter_size, reg):
    model, X, y = problem(filter_size, reg)
    _, grads = model.loss(X, y)
    assert set(grads) == set(model.params)
    for name, value in model.params.items():
        report = check_gradient(lambda _: model.loss(X, y)[0], value, grads[name])
        assert report.verdict == "pass", f"{name}: {report}"


def test_agreement_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: the second oracle is left out")
    F = torch.nn.functional
    model, X, y = problem(reg=0.3)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in model.params.items()}
    maps = F.max_pool2d(torch.relu(F.conv2d(torch.tensor(X), p["W1"], p["b1"], padding=1)), 2)
    scores = torch.relu(maps.flatten(1) @ p["W2"] + p["b2"]) @ p["W3"] + p["b3"]
    penalty = sum((p[name] ** 2).sum() for name in ("W1", "W2", "W3"))
    expected = F.cross_entropy(scores, torch.tensor(y)) + 0.5 * 0.3 * penalty
    expected.backward()
    loss, grads = model.loss(X, y)
    np.testing.assert_allclose(model.loss(X), scores.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(loss, expected.item(), rtol=1e-12)
    for name in p:
        np.testing.assert_allclose(grads[name], p[name].grad.numpy(), rtol=1e-10, atol=1e-14)


def test_shapes_and_scale_of_the_first_weights():
    np.random.seed(0)
    model = ThreeLayerConvNet()
    shapes = {name: value.shape for name, value in model.params.items()}
    # 32 filters of 7x7x3; after the pool 32 maps of 16x16.
    assert shapes == {"W1": (32, 3, 7, 7), "b1": (32,), "W2": (8192, 100), "b2": (100,), "W3": (100, 10), "b3": (10,)}
    assert all(value.dtype == np.float32 for value in model.params.values())
    for name in ("W1", "W2", "W3"):
        assert model.params[name].std() == pytest.approx(1e-3, rel=0.15)
    assert not any(model.params[name].any() for name in ("b1", "b2", "b3"))


def test_an_untrained_net_has_the_loss_log_of_the_number_of_classes():
    np.random.seed(0)
    model = ThreeLayerConvNet(input_dim=(3, 8, 8), num_filters=4, filter_size=3)
    X, y = np.random.randn(20, 3, 8, 8).astype(np.float32), np.random.randint(10, size=20)
    assert model.loss(X, y)[0] == pytest.approx(np.log(10), abs=1e-3)
    model.reg = 0.5
    penalty = 0.25 * sum(np.sum(model.params[name] ** 2) for name in ("W1", "W2", "W3"))
    assert model.loss(X, y)[0] == pytest.approx(np.log(10) + penalty, abs=1e-3)


def test_training_lowers_the_loss_in_float32():
    model, X, y = problem(dtype=np.float32, reg=0.0)
    first, grads = model.loss(X, y)
    assert {g.dtype for g in grads.values()} == {np.dtype(np.float32)}
    for _ in range(100):
        _, grads = model.loss(X, y)
        for name in grads:
            model.params[name] -= 0.05 * grads[name]
    assert model.loss(X, y)[0] < 0.1 * first
    np.testing.assert_array_equal(np.argmax(model.loss(X), axis=1), y)

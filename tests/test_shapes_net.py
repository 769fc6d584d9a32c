import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.gradcheck import check_gradient
from chainrule.shapes import make_shape_masks, make_shapes
from chainrule.shapes_net import WEIGHTS, ShapesNet, load_shapes_net


@pytest.fixture(scope="module")
def net():
    return load_shapes_net(dtype=np.float64)


def torch_scores(net, X):
    """Return the scores and the maps of all layers of the same net in PyTorch, on X as a leaf with a gradient."""
    torch = pytest.importorskip("torch", reason="the second oracle")
    x = torch.tensor(X, requires_grad=True)
    p = {name: torch.tensor(value) for name, value in net.params.items()}
    maps, current = [], 2 * x - 1
    for k in range(1, 5):
        maps.append(torch.relu(torch.nn.functional.conv2d(current, p[f"W{k}"], p[f"b{k}"], padding=1)))
        current = torch.nn.functional.max_pool2d(maps[-1], 2) if k < 4 else maps[-1]
    return x, current.mean((2, 3)) @ p["W5"] + p["b5"], maps


# 96 % of fresh shapes would do; the two seeds are not those it was trained on.
@pytest.mark.parametrize("seed", [101, 202])
def test_accuracy_on_new_shapes(seed):
    X, y = make_shapes(300, seed)
    assert np.mean(load_shapes_net().forward(X)[0].argmax(axis=1) == y) >= 0.95


@pytest.mark.parametrize("size", [(8, 8), (16, 24), (32, 32)])
def test_scores_maps_and_gradients_are_those_of_pytorch(net, size):
    rng = np.random.default_rng(0)
    X = rng.random((2, 3, *size))
    x, expected, expected_maps = torch_scores(net, X)
    scores, cache = net.forward(X)
    np.testing.assert_allclose(scores, expected.detach().numpy(), rtol=1e-9, atol=1e-10)
    maps, feature_cache = net.features(X, net.layers)
    for k, (got, right) in enumerate(zip(maps, expected_maps, strict=True)):
        np.testing.assert_allclose(got, right.detach().numpy(), rtol=1e-9, atol=1e-10)
        assert got.shape[2:] == (size[0] // 2**k, size[1] // 2**k)

    dscores = rng.normal(size=scores.shape)
    dmaps = [rng.normal(size=m.shape) for m in maps]
    (expected * expected.new_tensor(dscores)).sum().backward(retain_graph=True)
    np.testing.assert_allclose(net.backward(dscores, cache), x.grad.numpy(), rtol=1e-9, atol=1e-10)
    x.grad = None
    sum((m * m.new_tensor(d)).sum() for m, d in zip(expected_maps, dmaps, strict=True)).backward()
    np.testing.assert_allclose(net.features_backward(dmaps, feature_cache), x.grad.numpy(), rtol=1e-9, atol=1e-10)


def test_gradients_agree_with_numerical_ones(net):
    rng = np.random.default_rng(1)
    X, dscores = rng.random((1, 3, 8, 16)), rng.normal(size=(1, 10))
    _, cache = net.forward(X)
    dX = net.backward(dscores, cache)
    np.testing.assert_array_equal(net.backward(dscores, cache), dX)  # the cache serves twice
    report = check_gradient(lambda X: np.sum(net.forward(X)[0] * dscores), X, dX)
    assert report.verdict == "pass", report

    maps, cache = net.features(X, ("conv3", "conv1"))
    dmaps = [rng.normal(size=m.shape) for m in maps]

    def loss(X):
        maps, _ = net.features(X, ("conv3", "conv1"))
        return sum(np.sum(m * d) for m, d in zip(maps, dmaps, strict=True))

    report = check_gradient(loss, X, net.features_backward(dmaps, cache))
    assert report.verdict == "pass", report


def test_layers_come_in_the_order_asked_for(net):
    X, _ = make_shapes(2, seed=3)
    (third, first), _ = net.features(X, ("conv3", "conv1"))
    np.testing.assert_array_equal(first, net.features(X, ("conv1",))[0][0])
    np.testing.assert_array_equal(third, net.features(X, ("conv3",))[0][0])


def test_float32_is_computed_in_and_images_stay_as_they_were():
    net, (X, _) = load_shapes_net(), make_shapes(2, seed=3)
    before = X.copy()
    scores, cache = net.forward(X)
    assert scores.dtype == net.backward(np.ones_like(scores), cache).dtype == np.float32
    np.testing.assert_array_equal(X, before)


def test_the_weights_are_small_and_checked(tmp_path):
    assert WEIGHTS.stat().st_size < 2e6
    with pytest.raises(DataError, match=r"none\.npz: expected the weights of the shapes net, got FileNotFoundError"):
        load_shapes_net(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no weights", encoding="utf-8")
    with pytest.raises(DataError, match=r"text\.npz: expected the weights of the shapes net"):
        load_shapes_net(tmp_path / "text.npz")
    params = ShapesNet().params
    np.savez(tmp_path / "other.npz", **params | {"W1": params["W1"][:, :2]})
    with pytest.raises(DataError, match="expected arrays of the shapes"):
        load_shapes_net(tmp_path / "other.npz")


@pytest.mark.parametrize("layers", [("conv5",), ()])
def test_unknown_layers_are_refused(net, layers):
    with pytest.raises(DataError, match="layers: expected names out of conv1, conv2, conv3, conv4"):
        net.features(np.zeros((1, 3, 8, 8)), layers)


def test_masks_lie_where_the_shapes_are():
    (X, _), masks = make_shapes(60, seed=4), make_shape_masks(60, seed=4)
    assert masks.shape == (60, 32, 32)
    assert masks.min() == 0
    assert masks.max() == 1
    inside, outside = masks == 1, masks == 0
    # The object has one colour, but for noise of 0.02; the background does not have it.
    for image, i, o in zip(X, inside, outside, strict=True):
        colour = image[:, i].mean(axis=1, keepdims=True)
        assert np.abs(image[:, i] - colour).max() < 0.12
        assert np.linalg.norm(image[:, o] - colour, axis=0).min() > 0.1

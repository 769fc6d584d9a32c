import os
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.gradcheck import check_gradient
from chainrule.squeezenet import SqueezeNet, load_squeezenet

HERE = Path(__file__).parent
WEIGHTS = Path(
    os.environ.get("CHAINRULE_SQUEEZENET")
    or HERE.parent.parent / "shared" / "data" / "squeezenet" / "squeezenet1_1_features.npz"
)
LAYERS = SqueezeNet.layers
# Even and odd sizes at every pool: windows that stick out on both sides, on one, on none.
SIZES = [(1, 17, 17), (2, 18, 33), (1, 47, 36)]


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the second opinion here; it is not installed")


def random_net():
    net = SqueezeNet(seed=1, dtype=np.float64)
    rng = np.random.default_rng(2)
    biases = {name: rng.normal(size=p.shape) for name, p in net.params.items() if name.endswith("bias")}
    net.params |= biases  # they start at zero, where a wrong one would not be seen
    return net


def trained_net():
    if not WEIGHTS.is_file():
        pytest.skip("the trained weights are not here (set CHAINRULE_SQUEEZENET)")
    return load_squeezenet(WEIGHTS, np.float64)


def torch_features(torch, X, params):
    """Return the maps of every layer, implemented from the paper's table and its Caffe files."""
    relu, conv, pool = torch.relu, torch.nn.functional.conv2d, torch.nn.functional.max_pool2d
    p = {name: torch.from_numpy(value) for name, value in params.items()}
    mean = torch.tensor([123.68, 116.779, 103.939], dtype=torch.float64)
    x = (X * 255 - mean[:, None, None]).flip(1)
    maps = [relu(conv(x, p["features.0.weight"], p["features.0.bias"], stride=2))]
    for k in range(2, 13):
        if k in (2, 5, 8):
            maps.append(pool(maps[-1], 3, 2, ceil_mode=True))
            continue
        w = {
            n: (p[f"features.{k}.{n}.weight"], p[f"features.{k}.{n}.bias"])
            for n in ("squeeze", "expand1x1", "expand3x3")
        }
        squeezed = relu(conv(maps[-1], *w["squeeze"]))
        expanded = conv(squeezed, *w["expand1x1"]), conv(squeezed, *w["expand3x3"], padding=1)
        maps.append(relu(torch.cat(expanded, dim=1)))
    return maps


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("make", [random_net, trained_net])
def test_maps_and_gradients_are_those_of_pytorch(make, size, torch):
    N, H, W = size
    net, rng = make(), np.random.default_rng(3)
    X = rng.random((N, 3, H, W))
    maps, cache = net.features(X, LAYERS)
    pixels = torch.from_numpy(X).requires_grad_()
    expected = torch_features(torch, pixels, net.params)
    weights = [rng.normal(size=m.shape) / np.abs(m).max() for m in maps]
    for name, got, right in zip(LAYERS, maps, expected, strict=True):
        np.testing.assert_allclose(got, right.detach().numpy(), rtol=1e-10, atol=1e-10 * got.max(), err_msg=name)
    # Each layer by itself, and all at once: what they ask of the pixels adds up.
    for chosen in [*([name] for name in LAYERS), list(LAYERS)]:
        picked = [LAYERS.index(name) for name in chosen]
        loss = sum(torch.sum(expected[k] * torch.from_numpy(weights[k])) for k in picked)
        (right,) = torch.autograd.grad(loss, pixels, retain_graph=True)
        _, cache = net.features(X, chosen)
        dX = net.features_backward([weights[k] for k in picked], cache)
        np.testing.assert_allclose(dX, right.numpy(), rtol=1e-9, atol=1e-10 * np.abs(dX).max(), err_msg=str(chosen))


def test_the_gradient_agrees_with_the_numerical_one():
    net, rng = random_net(), np.random.default_rng(4)
    X = rng.random((1, 3, 18, 20))
    maps, cache = net.features(X, ["fire3", "fire6"])
    weights = [rng.normal(size=m.shape) / m.size for m in maps]

    dX = net.features_backward(weights, cache)
    steps = rng.normal(size=(5, *X.shape))  # along five directions: one by one the pixels would take long

    def loss(t):
        shifted = X + np.tensordot(t, steps, axes=1)
        return sum(np.sum(m * w) for m, w in zip(net.features(shifted, ["fire3", "fire6"])[0], weights, strict=True))

    along = np.sum(steps * dX, axis=(1, 2, 3, 4))
    report = check_gradient(loss, np.zeros(5), along)
    assert report.verdict == "pass", report


def test_layers_in_any_order_and_twice():
    net = random_net()
    X = np.random.default_rng(5).random((2, 3, 20, 23))
    (a, b), _ = net.features(X, ["fire2", "conv1"])
    (b2, a2, a3), cache = net.features(X, ["conv1", "fire2", "fire2"])
    for got, expected in ((a2, a), (a3, a), (b2, b)):
        np.testing.assert_array_equal(got, expected)
    once = net.features_backward([0 * b, a, 0 * a], cache)
    twice = net.features_backward([0 * b, a, a], cache)
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-12)
    np.testing.assert_array_equal(net.features_backward([0 * b, a, 0 * a], cache), once)  # the cache is still whole


def test_single_precision_stays_and_agrees_with_double():
    X = np.random.default_rng(6).random((1, 3, 32, 40))
    single, double = SqueezeNet(seed=1), SqueezeNet(seed=1, dtype=np.float64)
    before = X.copy()
    maps, cache = single.features(X.astype(np.float32), ["pool3", "fire9"])
    exact, exact_cache = double.features(X, ["pool3", "fire9"])
    dX, exact_dX = single.features_backward(maps, cache), double.features_backward(exact, exact_cache)
    assert {m.dtype for m in (*maps, dX)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(maps[1], exact[1], atol=1e-4 * exact[1].max())
    # A winner of a pool may change by rounding, so single pixels may differ, not the whole.
    assert np.linalg.norm(dX - exact_dX) < 1e-3 * np.linalg.norm(exact_dX)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    ("shape", "layers", "message"),
    [
        ((1, 3, 32, 32), ["fire1"], r"layers: expected names out of conv1, pool1.*got \['fire1'\]"),
        ((1, 3, 32, 32), [], r"layers: expected names.*got \[\]"),
        ((1, 3, 32, 16), ["conv1"], r"sides of 17 or more, got \(1, 3, 32, 16\)"),
        ((1, 4, 32, 32), ["conv1"], r"expected shape \(N, 3, H, W\)"),
        ((3, 32, 32), ["conv1"], r"expected shape \(N, 3, H, W\)"),
    ],
)
def test_impossible_inputs_are_reported(shape, layers, message):
    with pytest.raises(DataError, match=message):
        SqueezeNet().features(np.zeros(shape), layers)


# The file of weights.


def write(path, **changes):
    params = SqueezeNet().params | changes
    np.savez(path, **{name: value for name, value in params.items() if value is not None})
    return path


def test_weights_are_read_from_a_path_or_the_environment_variable(tmp_path, monkeypatch):
    mean = np.full(64, 0.5, np.float32)
    path = write(tmp_path / "weights.npz", **{"features.0.bias": mean})
    monkeypatch.delenv("CHAINRULE_SQUEEZENET", raising=False)
    with pytest.raises(DataError, match="got no path; give one, or set CHAINRULE_SQUEEZENET"):
        load_squeezenet()
    monkeypatch.setenv("CHAINRULE_SQUEEZENET", str(path))
    for net in (load_squeezenet(), load_squeezenet(path, dtype=np.float64)):
        np.testing.assert_array_equal(net.params["features.0.bias"], mean)
        assert {value.dtype for value in net.params.values()} == {np.dtype(net.dtype)}
    assert sum(value.size for value in net.params.values()) == 722496  # with 513000 of the classifier 1235496 in all


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features.7.squeeze.bias": None}, r"expected 50 arrays, found no features.7.squeeze.bias \(and 1 missing\)"),
        ({"classifier.1.weight": np.zeros(3)}, "without its classifier, found classifier.1.weight"),
        (
            {"features.0.weight": np.zeros((64, 3, 7, 7))},
            r"features.0.weight to be floats of shape \(64, 3, 3, 3\), got",
        ),
        ({"features.0.bias": np.zeros(64, int)}, r"to be floats of shape \(64,\), got int64"),
    ],
)
def test_other_weights_are_refused_in_one_line(changes, message, tmp_path):
    path = write(tmp_path / "weights.npz", **changes)
    with pytest.raises(DataError, match=message) as caught:
        load_squeezenet(path)
    assert "\n" not in str(caught.value)


def test_a_missing_and_a_damaged_file_are_reported(tmp_path):
    with pytest.raises(DataError, match="found none; see datasets/squeezenet.md"):
        load_squeezenet(tmp_path / "absent.npz")
    path = write(tmp_path / "weights.npz")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"expected an \.npz file of weights, got BadZipFile"):
        load_squeezenet(path)

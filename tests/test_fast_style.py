import numpy as np
import pytest

from chainrule import fast_style
from chainrule.errors import ChainruleError
from chainrule.gradcheck import check_gradient
from chainrule.lessons import paintings, stylizing
from chainrule.shapes_net import ShapesNet
from chainrule.style import gram_matrix


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the second opinion here; it is not installed")


def small_net(seed=0, F=3):
    """Return a float64 net whose parameters are all random."""
    net, rng = fast_style.StylizingNet(F, seed=seed, dtype=np.float64), np.random.default_rng(seed)
    net.params = {name: rng.normal(size=value.shape) / 2 for name, value in net.params.items()}
    return net


def test_upsampling_by_hand():
    x = np.array([[[[1.0, 2, 3], [4, 5, 6]]]])
    out, cache = fast_style.upsample_forward(x)
    rows = [[1, 1, 2, 2, 3, 3], [4, 4, 5, 5, 6, 6]]
    np.testing.assert_array_equal(out[0, 0], [rows[0], rows[0], rows[1], rows[1]])
    dx = fast_style.upsample_backward(np.arange(24.0).reshape(1, 1, 4, 6), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0 + 1 + 6 + 7, 2 + 3 + 8 + 9, 4 + 5 + 10 + 11], [62, 70, 78]])


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_upsampling_is_that_of_pytorch(scale, torch):
    rng = np.random.default_rng(1)
    x, dout = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 3, 4 * scale, 5 * scale))
    out, cache = fast_style.upsample_forward(x, scale)
    pixels = torch.from_numpy(x).requires_grad_()
    expected = torch.nn.functional.interpolate(pixels, scale_factor=scale, mode="nearest")
    expected.backward(torch.from_numpy(dout))
    np.testing.assert_array_equal(out, expected.detach().numpy())
    np.testing.assert_allclose(fast_style.upsample_backward(dout, cache), pixels.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_the_net_is_that_of_pytorch(torch):
    net, rng = small_net(), np.random.default_rng(2)
    X, dout = rng.random((2, 3, 6, 10)), rng.normal(size=(2, 3, 6, 10))
    out, cache = net.forward(X)
    p = {name: torch.from_numpy(value).requires_grad_() for name, value in net.params.items()}
    pixels, f = torch.from_numpy(X), torch.nn.functional

    def block(x, k, stride):
        x = f.instance_norm(f.conv2d(x, p[f"W{k}"], stride=stride, padding=1), eps=1e-5)
        return torch.relu(p[f"gamma{k}"] * x + p[f"beta{k}"])

    x1 = block(2 * pixels - 1, 1, 2)
    x3 = f.interpolate(x1 + block(x1, 2, 1), scale_factor=2, mode="nearest")
    expected = torch.sigmoid(f.conv2d(x3, p["W3"], p["b3"], padding=1) + 4 * pixels - 2)
    expected.backward(torch.from_numpy(dout))
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12)
    grads = net.backward(dout, cache)
    assert grads.keys() == p.keys()
    for name, value in p.items():
        np.testing.assert_allclose(grads[name], value.grad.numpy(), rtol=1e-9, atol=1e-11, err_msg=name)


def test_gradients_of_the_net_agree_with_numerical_ones():
    net, rng = small_net(3, F=2), np.random.default_rng(3)
    X, dout = rng.random((2, 3, 4, 6)), rng.normal(size=(2, 3, 4, 6))
    out, cache = net.forward(X)
    grads = net.backward(dout, cache)
    for name, value in net.params.items():

        def loss(p, name=name, value=value):
            net.params[name] = p
            result = np.sum(net.forward(X)[0] * dout)
            net.params[name] = value
            return result

        report = check_gradient(loss, value, grads[name])
        assert report.verdict == "pass", f"{name}: {report}"


def test_a_new_net_hardly_changes_an_image():
    X = np.random.default_rng(4).random((2, 3, 32, 48)).astype(np.float32)
    out, _ = fast_style.StylizingNet(seed=0).forward(X)
    assert out.dtype == np.float32
    # sigmoid(4 x - 2) differs from x by 0.12 at most, at the ends; the rest is the small W3.
    assert np.abs(out - X).max() < 0.4
    assert np.abs(out - X).mean() < 0.1


def losses_of(model, style):
    grams = [gram_matrix(m) for m in model.features(style, ["conv1", "conv3"])[0]]
    return {
        "model": model,
        **{"content_layer": 1, "content_weight": 0.3, "style_layers": [0, 2], "style_targets": grams},
        **{"style_weights": [2.0, 5.0], "tv_weight": 0.2},
    }


def test_the_perceptual_loss_is_a_mean_of_single_ones():
    rng = np.random.default_rng(5)
    out, X, style = (rng.random((n, 3, 16, 24)) for n in (3, 3, 1))
    options = losses_of(ShapesNet(dtype=np.float64), style)
    loss, dout = fast_style.perceptual_loss(out, X, **options)
    single = [fast_style.perceptual_loss(out[n : n + 1], X[n : n + 1], **options) for n in range(3)]
    np.testing.assert_allclose(loss, np.mean([value for value, _ in single]), rtol=1e-12)
    np.testing.assert_allclose(dout, np.concatenate([d for _, d in single]) / 3, rtol=1e-9, atol=1e-12)


def test_the_perceptual_loss_is_zero_for_identical_maps():
    rng = np.random.default_rng(6)
    X = np.ones((1, 3, 16, 24)) * rng.random((1, 3, 1, 1))  # one colour: no total variation
    loss, dout = fast_style.perceptual_loss(X, X, **losses_of(ShapesNet(dtype=np.float64), X))
    assert loss == 0
    np.testing.assert_array_equal(dout, 0)


def test_the_content_is_that_of_the_images():
    rng, model = np.random.default_rng(7), ShapesNet(dtype=np.float64)
    out, X, style = (rng.random((n, 3, 16, 24)) for n in (2, 2, 1))
    loss, _ = fast_style.perceptual_loss(out, X, **losses_of(model, style) | {"style_weights": [0, 0], "tv_weight": 0})
    (output_maps,), (image_maps,) = (model.features(images, ["conv2"])[0] for images in (out, X))
    np.testing.assert_allclose(loss, 0.3 * np.sum((output_maps - image_maps) ** 2) / 2, rtol=1e-12)


# Training.


def test_waves_and_crops():
    waves = stylizing.draw_waves(48, seed=1)
    assert (waves.shape, waves.dtype) == ((1, 3, 48, 72), np.float32)
    assert 0 <= waves.min() < 0.1 < 0.8 < waves.max() <= 1
    np.testing.assert_array_equal(waves, stylizing.draw_waves(48, seed=1))
    assert np.any(waves != stylizing.draw_waves(48, seed=2))
    picture = np.arange(3 * 5 * 8.0).reshape(3, 5, 8)
    crops = stylizing.random_crops([picture], 300, 4, np.random.default_rng(0))
    assert crops.shape == (300, 3, 4, 4)
    expected_crops = {
        picture[:, i : i + 4, j : j + 4][:, :, ::s].tobytes() for i in range(2) for j in range(5) for s in (1, -1)
    }
    assert {crop.tobytes() for crop in crops} == expected_crops  # each of 20 is missed with a chance of 0.95^300 < 1e-6


def test_training_pictures():
    pictures = stylizing.training_pictures(heights=(64, 96), num_drawn=8)
    assert [p.shape[1] for p in pictures].count(96) == 12
    assert sum(p.shape == (3, 64, 64) for p in pictures) == 8
    assert {p.dtype for p in pictures} == {np.dtype(np.float32)}
    assert all(0 <= p.min() < p.max() <= 1 for p in pictures)


def test_training_makes_the_loss_fall():
    photograph = paintings.load_photograph("flower", 32)
    options = losses_of(ShapesNet(), photograph)
    net = fast_style.StylizingNet(4, seed=0)

    def loss(out, X):
        return fast_style.perceptual_loss(out, X, **options | {"content_weight": 1e-4, "tv_weight": 0})

    pictures = [paintings.load_photograph("china", 32)[0]]
    history = stylizing.train(net, loss, pictures, num_steps=60, size=16, learning_rate=0.02, progress=False)
    assert len(history) == 60
    assert np.mean(history[-15:]) < 0.6 * np.mean(history[:5])


def test_training_stops_where_a_loss_is_not_finite():
    net, pictures = fast_style.StylizingNet(2), [np.zeros((3, 8, 8), np.float32)]
    with pytest.raises(ChainruleError, match="expected a finite loss, got inf at step 0"):
        stylizing.train(net, lambda out, X: (np.inf, out), pictures, 3, size=8, progress=False)


def test_time_and_curves():
    result, seconds = stylizing.timed(sorted, [3, 1, 2], repeat=3)
    assert result == [1, 2, 3]
    assert 0 <= seconds < 60
    ax = stylizing.plot_training(list(np.linspace(9, 1, 50)))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one batch", "mean of 25 batches"]
    curve = ax.get_lines()[1]
    assert len(curve.get_xdata()) == 26
    np.testing.assert_allclose(curve.get_ydata()[-1], np.mean(np.linspace(9, 1, 50)[-25:]))
    ax.figure.clear()

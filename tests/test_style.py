"""The losses of style transfer against hand computation, numerical gradients, and PyTorch."""

import numpy as np
import pytest

from chainrule import style
from chainrule.errors import ChainruleError
from chainrule.gradcheck import check_gradient
from chainrule.judging.style_stubs import SmoothNet
from chainrule.lessons import paintings
from chainrule.shapes_net import ShapesNet

# Two channels on a row of three pixels, by hand: G = [[1 + 4 + 9, 4 + 10 + 18], [32, 16 + 25 + 36]].
MAPS = np.array([[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]])
GRAM = np.array([[[14.0, 32.0], [32.0, 77.0]]])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="the second oracle")


def assert_gradient(f, x, analytic):
    report = check_gradient(f, x, analytic)
    assert report.verdict == "pass", report


def test_content_by_hand():
    current, original = np.array([1.0, 5.0, 2.0]), np.array([3.0, 4.0, 2.0])
    loss, dcurrent = style.content_loss(0.5, current, original)
    assert loss == 0.5 * (4 + 1)
    np.testing.assert_array_equal(dcurrent, [-2.0, 1.0, 0.0])


def test_gram_by_hand():
    np.testing.assert_allclose(style.gram_matrix(MAPS, normalize=False), GRAM)
    np.testing.assert_allclose(style.gram_matrix(MAPS), GRAM / 6)  # C * H * W = 2 * 1 * 3
    # Only G[0, 1] matters: its derivative for channel 0 is channel 1, and the other way round.
    dgram = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    np.testing.assert_allclose(style.gram_backward(dgram, MAPS, normalize=False), MAPS[:, ::-1])


def test_the_gram_matrix_does_not_depend_on_pixel_positions(rng):
    maps = rng.normal(size=(1, 3, 4, 5))
    shuffled = rng.permutation(maps.reshape(1, 3, 20), axis=2).reshape(maps.shape)
    np.testing.assert_allclose(style.gram_matrix(shuffled), style.gram_matrix(maps))
    assert style.content_loss(1, shuffled, maps)[0] > 1


def test_style_by_hand():
    target = GRAM / 6 - [[1.0, 0.0], [2.0, 0.0]]
    loss, (dfirst, dsecond) = style.style_loss([MAPS, MAPS], [1], [target], [10.0])
    assert loss == pytest.approx(10 * (1 + 4))
    assert not dfirst.any()
    # dG = 20 * [[1, 0], [2, 0]], and dG + dG^T = 20 * [[2, 2], [2, 0]]; times the maps, divided by 6.
    expected = 20 / 6 * np.array([[[[10.0, 14.0, 18.0]], [[2.0, 4.0, 6.0]]]])
    np.testing.assert_allclose(dsecond, expected)


def test_total_variation_by_hand():
    img = np.zeros((1, 3, 2, 2))
    img[0, 1] = [[1.0, 3.0], [0.0, 7.0]]
    loss, dimg = style.tv_loss(img, 2.0)
    assert loss == 2 * (2**2 + 7**2 + 1**2 + 4**2)
    # Each pixel: the sum of its differences to both neighbours, times 2 * weight.
    np.testing.assert_array_equal(dimg[0, 1], 4 * np.array([[1 - 3 + 1 - 0, 3 - 1 + 3 - 7], [-1 - 7, 7 - 3 + 7 - 0]]))
    assert not dimg[0, ::2].any()


def test_gradients_agree_with_numerical_ones(rng):
    x, target = rng.normal(size=(2, 2, 3, 4, 2))
    dgram = rng.normal(size=(2, 3, 3))
    assert_gradient(lambda x: style.content_loss(0.3, x, target)[0], x, style.content_loss(0.3, x, target)[1])
    assert_gradient(lambda x: style.tv_loss(x, 0.3)[0], x, style.tv_loss(x, 0.3)[1])
    for normalize in (True, False):
        dx = style.gram_backward(dgram, x, normalize)
        assert_gradient(lambda x, n=normalize: np.sum(style.gram_matrix(x, n) * dgram), x, dx)
    arguments = [1, 0, 1], [dgram, dgram, 2 * dgram], [0.5, 2.0, 3.0]
    _, (first, second, third) = style.style_loss([x, target, x], *arguments)
    assert_gradient(lambda x: style.style_loss([x, target, x], *arguments)[0], x, first)
    assert_gradient(lambda target: style.style_loss([x, target, x], *arguments)[0], target, second)
    assert not third.any()


def test_float32_is_kept(rng):
    # A picture of half the bytes takes half the time.
    maps = rng.normal(size=(1, 3, 4, 4)).astype(np.float32)
    gram = style.gram_matrix(maps)
    _, dfeats = style.style_loss([maps], [0], [gram + 1], [2.0])
    step, _ = style.style_transfer_step(maps, maps, {"learning_rate": 0.1})
    arrays = [
        gram,
        style.content_loss(2.0, maps, 2 * maps)[1],
        style.gram_backward(gram, maps),
        style.tv_loss(maps, 2.0)[1],
    ]
    assert {array.dtype for array in [*arrays, *dfeats, step]} == {np.dtype(np.float32)}


def transfer(model, img, rng):
    """Return settings of style_transfer_loss: content from the second layer, style from the first two."""
    feats, _ = model.features(rng.uniform(size=img.shape), model.layers)
    return {
        "model": model,
        "content_layer": 1,
        "content_target": feats[1],
        "content_weight": 0.01,
        "style_layers": [1, 0],
        "style_targets": [style.gram_matrix(feats[k]) for k in (1, 0)],
        "style_weights": [2.0, 3.0],
        "tv_weight": 0.1,
    }


@pytest.mark.parametrize("net", ["convnet", "stand-in"])
def test_the_gradient_of_the_pixels_through_a_net(net, rng):
    img = rng.uniform(size=(1, 3, 8, 8))
    # Of a net with ReLU and max pools in float64: check_gradient finds the kinks.
    weights = [rng.normal(size=size) for size in ((4, 3), (5, 4), (3, 5))]
    model = SmoothNet(*weights) if net == "stand-in" else ShapesNet(dtype=np.float64)
    setting = transfer(model, img, rng)
    losses, dimg = style.style_transfer_loss(img, **setting)
    assert min(losses) > 0
    assert_gradient(lambda img: sum(style.style_transfer_loss(img, **setting)[0]), img, dimg)


def test_style_alone_needs_no_style_layers_above_and_content_alone_none_at_all(rng):
    img = rng.uniform(size=(1, 3, 8, 8))
    setting = transfer(ShapesNet(dtype=np.float64), img, rng)
    nothing = {"style_layers": [], "style_targets": [], "style_weights": []}
    (content, of_style, tv), dimg = style.style_transfer_loss(img, **setting | nothing)
    assert of_style == 0 < min(content, tv)
    assert dimg.shape == img.shape


def test_against_pytorch(rng, torch):
    functional = torch.nn.functional
    net = ShapesNet(dtype=np.float64)
    img = rng.uniform(size=(1, 3, 16, 24))
    setting = transfer(net, img, rng)
    losses, dimg = style.style_transfer_loss(img, **setting)

    x = torch.tensor(img, requires_grad=True)
    W1, b1, W2, b2 = (torch.tensor(net.params[name]) for name in ("W1", "b1", "W2", "b2"))
    low = torch.relu(functional.conv2d(2 * x - 1, W1, b1, padding=1))
    high = torch.relu(functional.conv2d(functional.max_pool2d(low, 2), W2, b2, padding=1))

    def gram_distance(maps, target):
        rows = maps.flatten(2)
        return functional.mse_loss(torch.bmm(rows, rows.mT) / maps[0].numel(), torch.tensor(target), reduction="sum")

    content = 0.01 * functional.mse_loss(high, torch.tensor(setting["content_target"]), reduction="sum")
    first, second = setting["style_targets"]
    of_style = 2 * gram_distance(high, first) + 3 * gram_distance(low, second)
    tv = 0.1 * (torch.diff(x, dim=2).square().sum() + torch.diff(x, dim=3).square().sum())
    (content + of_style + tv).backward()
    np.testing.assert_allclose(losses, [term.item() for term in (content, of_style, tv)], rtol=1e-12)
    np.testing.assert_allclose(dimg, x.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_a_step_lowers_the_loss_and_stays_in_range():
    img, dimg = np.array([0.5, 0.02, 0.98]), np.array([1.0, 3.0, -2.0])
    out, config = style.style_transfer_step(img, dimg, {"learning_rate": 0.05})
    # The first step of Adam has the length of the learning rate for every pixel.
    np.testing.assert_allclose(out, [0.45, 0.0, 1.0], rtol=1e-6)
    assert config["t"] == 1
    np.testing.assert_array_equal(img, [0.5, 0.02, 0.98])


# What is provided.


@pytest.mark.parametrize("name", paintings.PHOTOGRAPHS)
def test_photographs(name):
    photograph = paintings.load_photograph(name, 64)
    assert photograph.shape == (1, 3, 64, 96)
    assert photograph.dtype == np.float32
    assert 0 <= photograph.min() < 0.1 < 0.9 < photograph.max() <= 1


def test_colours_of_the_photographs():
    red, green, blue = paintings.load_photograph("flower", 64)[0, :, 24:40, 40:56].mean((1, 2))
    assert red > 2 * max(green, blue)
    red, green, blue = paintings.load_photograph("china", 64)[0, :, :8].mean((1, 2))
    assert blue > red


@pytest.mark.parametrize(
    ("name", "height", "message"), [("rome", 64, "one of china, flower, got 'rome'"), ("china", 60, "60")]
)
def test_bad_photographs(name, height, message):
    with pytest.raises(ChainruleError, match=message):
        paintings.load_photograph(name, height)


def test_the_weights_of_a_recipe_make_the_losses_of_blank_maps_known(rng):
    class Blank(ShapesNet):
        """Returns real maps to the recipe, and blank ones afterwards."""

        factor = 1.0

        def features(self, X, layers):
            maps, cache = super().features(X, layers)
            return [self.factor * m for m in maps], cache

    net, photograph = Blank(), paintings.load_photograph("flower", 16)
    setting = paintings.recipe(net, photograph, photograph, style.gram_matrix, 1, [0, 2], style_weight=5.0)
    assert style.style_transfer_loss(photograph, net, **setting)[0][:2] == (0, 0)
    net.factor = 0.0
    losses, _ = style.style_transfer_loss(photograph, net, **setting)
    np.testing.assert_allclose(losses[:2], [1, 2 * 5], rtol=1e-5)


def quadratic_loss(img):
    """A loss with its minimum at 0.75 everywhere."""
    return (0.0, float(np.sum((img - 0.75) ** 2)), 0.0), 2 * (img - 0.75)


def test_paint_reaches_the_minimum_and_records_its_losses():
    img = paintings.noise((1, 3, 4, 4))
    before = img.copy()
    painting = paintings.paint(img, quadratic_loss, style.style_transfer_step, num_steps=200, progress=False)
    np.testing.assert_allclose(painting.img, 0.75, atol=1e-2)
    np.testing.assert_array_equal(img, before)
    assert set(painting.history) == {"content", "style", "tv"}
    assert painting.history["style"][0] == pytest.approx(np.sum((img - 0.75) ** 2), rel=1e-5)
    assert len(painting.history["style"]) == 200 > 100 * painting.history["style"][-1]


def test_paint_stops_at_a_loss_that_is_not_finite():
    with pytest.raises(ChainruleError, match="expected finite losses, got .* at step 0"):
        paintings.paint(
            paintings.noise((1, 3, 4, 4)),
            lambda img: ((np.inf, 0.0, 0.0), img),
            style.style_transfer_step,
            progress=False,
        )


def test_pictures_are_drawn():
    img = paintings.noise((1, 3, 8, 16))
    assert len(paintings.show_pictures([img, img[0]], ["a", "b"]).axes) == 2
    assert len(paintings.show_grams([np.eye(3)[None], np.eye(4)], ["a", "b"]).axes) == 2
    history = {"content": [2.0, 1.0], "style": [0.0, 1.0], "tv": [0.0, 0.0]}
    assert [ax.get_title(loc="left") for ax in paintings.plot_losses(history).axes] == ["content", "style"]
    assert len(paintings.plot_losses({"a": history, "b": history}).axes[0].lines) == 2

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from chainrule import plotting
from chainrule.errors import ChainruleError
from chainrule.plotting import (
    plot_cross_validation,
    plot_distances,
    plot_heatmap,
    plot_history,
    show_confusion,
    show_images,
    show_templates,
)


@pytest.fixture(autouse=True)
def close():
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()  # what cannot be drawn, or warns, fails here
    plt.close("all")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def pictures(fig):
    return [np.asarray(image.get_array()) for image in fig.axes[0].images]


def words(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("name", plotting.__all__)
def test_every_public_name_exists(name):
    assert hasattr(plotting, name)


@pytest.mark.parametrize(
    ("shape", "drawn"),
    [
        ((3, 8, 8), (8, 8)),
        ((3, 64), (8, 8)),
        ((3, 6, 9), (6, 9)),
        ((3, 1, 8, 8), (8, 8)),
        ((3, 3, 32, 32), (32, 32, 3)),
        ((3, 3072), (32, 32, 3)),
    ],
)
def test_images_of_every_accepted_shape(rng, shape, drawn):
    images = rng.random(shape)
    fig = show_images(images, labels=["a", "b", "c"], num_cols=2, title="Some")
    assert [picture.shape for picture in pictures(fig)] == [drawn] * 3
    assert words(fig.axes[0]) == ["a", "b", "c"]
    assert fig.axes[0].get_title(loc="left") == "Some"


def test_flat_colour_rows_are_planes_not_pixels(rng):
    X = rng.random((2, 3, 32, 32))
    flat = pictures(show_images(X.reshape(2, -1)))
    np.testing.assert_allclose(flat, X.transpose(0, 2, 3, 1))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.2, 0.8, (0.2, 0.8)),  # 0..1 stays
        (51, 204, (0.2, 0.8)),  # 0..255 is divided
        (-100, 100, (0, 1)),  # anything else is stretched
        (0, 400, (0, 1)),
    ],
)
def test_the_range_of_colour_values(low, high, expected):
    X = np.full((2, 3, 4, 4), float(low))
    X[1] = high
    first, second = pictures(show_images(X))
    np.testing.assert_allclose([first[0, 0, 0], second[0, 0, 0]], expected)


def test_grey_images_share_one_scale():
    X = np.stack([np.full((8, 8), 4.0), np.full((8, 8), 12.0)])
    X[0, 0, 0], X[1, 0, 0] = 0, 16
    first, second = pictures(show_images(X))
    assert (first[5, 5], second[5, 5]) == (0.25, 0.75)
    constant = pictures(show_images(np.full((1, 8, 8), 7.0)))[0]
    assert np.isfinite(constant).all()


def test_images_fill_rows_from_the_top_left():
    fig = show_images(np.zeros((5, 4, 4)), num_cols=3)
    ax = fig.axes[0]
    centres = [((e[0] + e[1]) / 2, (e[2] + e[3]) / 2) for e in (image.get_extent() for image in ax.images)]
    assert [int(x) for x, _ in centres] == [0, 1, 2, 0, 1]
    assert centres[3][1] > centres[0][1]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # y grows downwards
    left, right, bottom, top = ax.images[0].get_extent()
    assert (left < right, bottom > top) == (True, True)  # neither mirrored nor upside down


def test_templates_are_the_columns_of_w(rng):
    W = rng.standard_normal((65, 10))
    fig = show_templates(W, [str(k) for k in range(10)], (8, 8), title="Templates")
    np.testing.assert_allclose(pictures(fig), W[:64].T.reshape(10, 8, 8))
    limit = np.abs(W[:64]).max()
    assert fig.axes[0].images[3].get_clim() == (-limit, limit)
    assert words(fig.axes[0]) == [str(k) for k in range(10)]
    assert fig.axes[1].get_ylabel() == "weight"


def test_colour_templates_are_grey_at_zero(rng):
    W = rng.standard_normal((3072, 2))
    W[0] = 0
    first = pictures(show_templates(W, ["a", "b"], (3, 32, 32)))[0]
    assert first[0, 0, 0] == 0.5
    np.testing.assert_allclose(first[1, 2, 1], (W[1024 + 34, 0] / np.abs(W).max() + 1) / 2)
    show_templates(np.zeros((64, 2)), ["a", "b"], (8, 8))


def test_history_of_one_and_of_many():
    (line,) = plot_history([3, 2, 1]).lines
    assert line.get_ydata().tolist() == [3, 2, 1]
    ax = plot_history({"a": [3, 2, 1], "b": [1, 1]}, ylabel="accuracy", title="Two")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2  # told apart without colour
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("iteration", "accuracy")
    assert plot_history({}).get_legend() is None


def test_smoothing_is_a_mean_over_the_last_values():
    raw, smooth = plot_history([4.0, 2.0, 0.0, 4.0], smooth=2).lines
    assert raw.get_ydata().tolist() == [4, 2, 0, 4]
    assert smooth.get_xdata().tolist() == [1, 2, 3]
    assert smooth.get_ydata().tolist() == [3, 1, 2]
    assert len(plot_history([4.0, 2.0], smooth=5).lines) == 1


def test_cross_validation_shows_points_bars_and_the_best():
    results = {10: [0.5, 0.7], 1: [0.2, 0.4], 3: [0.6, 0.6]}
    ax = plot_cross_validation(results)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "3", "10"]
    points = [line.get_ydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert points == [[0.2, 0.4], [0.6, 0.6], [0.5, 0.7]]
    bars = ax.containers[0][2][0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[0.2, 0.4], [0.6, 0.6], [0.5, 0.7]])
    assert ax.get_legend().get_texts()[0].get_text() == "best: 3 (0.600)"  # on a tie the least


def test_confusion_counts_true_in_rows_and_predicted_in_columns():
    ax = show_confusion([0, 0, 0, 1], [0, 1, 1, 1], ["cat", "dog", "elephant"])
    assert words(ax) == ["1", "2", "", "", "1", "", "", "", ""]
    np.testing.assert_allclose(ax.images[0].get_array(), [[1 / 3, 2 / 3, 0], [0, 1, 0], [0, 0, 0]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog", "elephant"]


def test_heatmap_outlines_the_greatest_and_leaves_nan_blank():
    ax = plot_heatmap([[0.1, np.nan, 0.3], [0.9, 0.2, 0.4]], [1e-3, 1], ["a", "b", "c"], "reg", "rate", "T")
    assert words(ax) == ["0.100", "–", "0.300", "0.900", "0.200", "0.400"]
    assert to_hex(ax.texts[1].get_color()) == "#111111"  # nothing is drawn behind it
    (box,) = ax.patches
    assert box.get_xy() == (-0.5, 0.5)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.001", "1"]
    assert (ax.get_ylabel(), ax.get_xlabel(), ax.get_title(loc="left")) == ("reg", "rate", "T")
    assert len(plot_heatmap(np.full((2, 2), np.nan), [1, 2], [3, 4]).patches) == 0
    plot_heatmap(np.zeros((2, 2)), [1, 2], [3, 4])


def brightness(colour):
    """Return the relative luminance, as in WCAG 2."""
    linear = np.where(
        np.array(colour) <= 0.04045, np.array(colour) / 12.92, ((np.array(colour) + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


def test_texts_in_cells_are_readable():
    heat = plot_heatmap(np.linspace(0, 1, 21).reshape(3, 7), range(3), range(7))
    true = np.repeat([0, 1, 2], 100)
    right = np.arange(300) % 100 < np.repeat([20, 55, 80], 100)
    confusion = show_confusion(true, np.where(right, true, (true + 1) % 3), "abc")
    for ax in (heat, confusion):
        image = ax.images[0]
        cells = image.to_rgba(image.get_array())[..., :3].reshape(-1, 3)
        for text, cell in zip(ax.texts, cells, strict=True):
            pair = sorted([brightness(cell), brightness(to_rgb(text.get_color()))])
            # The better of black and white gives 4.3 at least, on a middling grey; WCAG asks for 3 or 4.5.
            assert (pair[1] + 0.05) / (pair[0] + 0.05) > 4.2, (text.get_text(), to_hex(cell))


def test_distances_have_a_scale_and_no_blur(rng):
    ax = plot_distances(rng.random((5, 50)), title="Distances")
    assert ax.images[0].get_interpolation() == "nearest"
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("test image", "training image")
    assert ax.figure.axes[1].get_ylabel() == "distance"


def test_axes_may_be_given(rng):
    fig, places = plt.subplots(1, 5)
    assert plot_history([1, 2], ax=places[0]) is places[0]
    assert plot_cross_validation({1: [0.5]}, ax=places[1]) is places[1]
    assert show_confusion([0], [0], ["a"], ax=places[2]) is places[2]
    assert plot_heatmap([[1.0]], [1], [1], ax=places[3]) is places[3]
    assert plot_distances(rng.random((2, 2)), ax=places[4]) is places[4]
    assert plt.get_fignums() == [fig.number]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: show_images(np.zeros((4, 65))), r"expected \(N, H, W\).*got \(4, 65\)"),
        (lambda: show_images(np.zeros((4, 32, 32, 3))), r"got \(4, 32, 32, 3\)"),
        (lambda: show_images(np.zeros((0, 8, 8))), "at least one image, got none"),
        (lambda: show_images(np.zeros((4, 8, 8)), labels=[1]), "expected 4 labels, got 1"),
        (lambda: show_templates(np.zeros((10, 64)), "abcdefghij", (8, 8)), r"\(64 or 65, 10\).*got \(10, 64\)"),
        (lambda: plot_cross_validation({}), "got an empty one"),
        (lambda: show_confusion([0, 1], [0], "ab"), r"two arrays \(N,\), got \(2,\) and \(1,\)"),
        (lambda: show_confusion([0, 2], [0, 1], "ab"), "labels in 0..1, got 0..2"),
        (lambda: show_confusion([0, 1], [0, -1], "ab"), "labels in 0..1, got -1..1"),
        (lambda: plot_heatmap(np.zeros((2, 3)), [1, 2, 3], [1, 2]), r"shape \(3, 2\), as the labels, got \(2, 3\)"),
        (lambda: plot_distances(np.zeros(3)), r"expected \(num_test, num_train\), got shape \(3,\)"),
    ],
)
def test_misuse_gets_one_line(call, message):
    with pytest.raises(ChainruleError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)

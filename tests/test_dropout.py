import numpy as np
import pytest

from chainrule import augment, dropout
from chainrule.gradcheck import check_gradient

KINDS = {
    "inverted": (dropout.dropout_forward, dropout.dropout_backward),
    "plain": (dropout.plain_dropout_forward, dropout.plain_dropout_backward),
}
per_kind = pytest.mark.parametrize(("forward", "backward"), KINDS.values(), ids=KINDS)
per_mode = pytest.mark.parametrize("mode", ["train", "test"])


def test_the_mask_and_the_scale_of_the_kept_entries():
    x = np.full((200, 500), 3.0)
    param = {"p": 0.25, "mode": "train", "seed": 1}
    for forward, value in ((dropout.dropout_forward, 12.0), (dropout.plain_dropout_forward, 3.0)):
        out, _ = forward(x, param)
        assert set(np.unique(out)) == {0.0, value}
        # 100,000 draws: six standard deviations of the share are 6 * sqrt(0.25 * 0.75 / 1e5) = 0.0082.
        assert abs(np.mean(out > 0) - 0.25) < 0.0083
        for axis in (0, 1):  # no row and no column is kept or dropped as a whole: that has a chance of 0.75^200
            shares = np.mean(out > 0, axis=axis)
            assert 0 < shares.min() < shares.max() < 1


def test_in_test_mode_only_the_plain_one_scales():
    x = np.array([[-2.0, 0.0, 8.0]])
    param = {"p": 0.25, "mode": "test"}
    np.testing.assert_array_equal(dropout.dropout_forward(x, param)[0], x)
    np.testing.assert_array_equal(dropout.plain_dropout_forward(x, param)[0], [[-0.5, 0, 2]])


@per_kind
def test_training_has_the_mean_of_the_test(forward, backward):
    x = np.linspace(-1, 2, 6)
    test, _ = forward(x, {"p": 0.6, "mode": "test"})
    total = sum(forward(x, {"p": 0.6, "mode": "train", "seed": seed})[0] for seed in range(4000))
    # An entry varies by at most 2 / 0.6 * sqrt(0.24) = 1.64, its mean over 4000 masks by 0.026; six times that is 0.16.
    np.testing.assert_allclose(total / 4000, test, atol=0.16)


@per_mode
@per_kind
def test_gradients_agree_with_numerical_ones(forward, backward, mode):
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=(2, 4, 3, 5))
    param = {"p": 0.6, "mode": mode, "seed": 5}
    _, cache = forward(x, param)
    first, dx = backward(dout, cache), backward(dout, cache)
    np.testing.assert_array_equal(first, dx)
    report = check_gradient(lambda x: np.sum(forward(x, param)[0] * dout), x, dx)
    assert report.verdict == "pass", report


@per_kind
def test_seeds(forward, backward):
    def mask(**more):
        return forward(np.ones((20, 20)), {"p": 0.5, "mode": "train"} | more)[0] > 0

    np.testing.assert_array_equal(mask(seed=3), mask(seed=3))
    assert np.any(mask(seed=3) != mask(seed=4))
    assert np.any(mask() != mask())
    assert np.any(mask(seed=None) != mask(seed=None))
    np.random.seed(0)
    first = mask()
    np.random.seed(0)
    np.testing.assert_array_equal(mask(), first)


@per_kind
def test_a_seeded_mask_leaves_the_common_generator_alone(forward, backward):
    # Else every batch of a training run with a seed would be drawn alike.
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    forward(np.ones(3), {"p": 0.5, "mode": "train", "seed": 1})
    assert np.random.rand() == expected


@per_mode
@per_kind
def test_float32_stays_float32(forward, backward, mode):
    x = np.ones((3, 4), np.float32)
    out, cache = forward(x, {"p": 0.7, "mode": mode})
    assert out.dtype == backward(x, cache).dtype == np.float32


@per_kind
def test_another_mode_is_refused(forward, backward):
    with pytest.raises(ValueError, match="mode: expected 'train' or 'test', got 'eval'"):
        forward(np.ones(3), {"p": 0.5, "mode": "eval"})


# Augmentation.


def picture():
    return np.arange(1.0, 13).reshape(1, 1, 3, 4)


def test_a_flip_by_hand():
    rng = np.random.default_rng(0)
    flipped = augment.random_flip(picture(), rng, p=1.0)[0, 0]
    np.testing.assert_array_equal(flipped, [[4, 3, 2, 1], [8, 7, 6, 5], [12, 11, 10, 9]])
    np.testing.assert_array_equal(augment.random_flip(picture(), rng, p=0.0), picture())
    some = augment.random_flip(np.tile(picture(), (50, 1, 1, 1)), rng)[:, 0]
    assert {image.tobytes() for image in some} == {picture().tobytes(), flipped.tobytes()}


def test_crops_by_hand():
    crops = augment.random_crop(np.tile(picture(), (600, 1, 1, 1)), np.random.default_rng(0), pad=1)
    shifts = {image.tobytes(): image for image in crops[:, 0]}
    assert len(shifts) == 9  # three places up and down, three left and right; one is missed with 9 * (8/9)^600 < 1e-29
    up_left = np.array([[6.0, 7, 8, 0], [10, 11, 12, 0], [0, 0, 0, 0]])
    down = np.array([[0.0, 0, 0, 0], [1, 2, 3, 4], [5, 6, 7, 8]])
    assert up_left.tobytes() in shifts
    assert down.tobytes() in shifts
    assert picture()[0, 0].tobytes() in shifts
    both = np.concatenate([picture(), 2 * picture()], axis=1)
    crops = augment.random_crop(np.tile(both, (20, 1, 1, 1)), np.random.default_rng(0), pad=1)
    np.testing.assert_array_equal(crops[:, 1], 2 * crops[:, 0])  # the channels move together


def test_contrast_by_hand():
    rng = np.random.default_rng(0)
    # The mean of 1 ... 12 is 6.5: twice the distance from it.
    np.testing.assert_allclose(augment.random_contrast(picture(), rng, 2.0, 2.0), 2 * picture() - 6.5, rtol=1e-14)
    np.testing.assert_allclose(augment.random_contrast(picture(), rng, 0.0, 0.0), 6.5, rtol=1e-14)
    # Each image has one mean, over both channels: (1 + 5) / 2 = 3 and (2 + 10) / 2 = 6.
    two = np.array([1.0, 5, 2, 10]).reshape(2, 2, 1, 1)
    changed_images = augment.random_contrast(two, rng, 3.0, 3.0)
    np.testing.assert_allclose(changed_images.ravel(), [-3, 9, -6, 18], rtol=1e-14)
    factors = augment.random_contrast(np.tile(picture(), (500, 1, 1, 1)), rng, 1.0, 2.0)[:, 0, 0, 0] / -5.5 + 6.5 / 5.5
    assert factors.min() >= 1 - 1e-12
    assert factors.max() <= 2 + 1e-12
    assert len(np.unique(factors.round(9))) > 400


@pytest.mark.parametrize(
    "change",
    [
        lambda X, rng: augment.random_flip(X, rng),
        lambda X, rng: augment.random_crop(X, rng, 2),
        lambda X, rng: augment.random_contrast(X, rng, 0.5, 1.5),
    ],
    ids=["flip", "crop", "contrast"],
)
def test_images_are_augmented_independently_and_by_rng_only(change):
    X = np.tile(np.random.default_rng(1).random((1, 3, 5, 4)), (40, 1, 1, 1)).astype(np.float32)
    before = X.copy()
    out = change(X, np.random.default_rng(0))
    np.testing.assert_array_equal(out, change(X, np.random.default_rng(0)))
    np.testing.assert_array_equal(X, before)
    assert out.dtype == np.float32
    assert out.shape == X.shape
    assert len({image.tobytes() for image in out}) > 1

import numpy as np
import pytest

from chainrule import norm
from chainrule.gradcheck import check_gradient
from chainrule.lessons import regimes


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def rows(rng):
    """x, gamma, beta, dout of a batch of rows."""
    return 3 + 2 * rng.normal(size=(7, 4)), *rng.normal(size=(2, 4)), rng.normal(size=(7, 4))


def images(rng, wide):
    """x, gamma, beta, dout of a batch of images; wide: scale and shift as (1, C, 1, 1)."""
    shape = (1, 6, 1, 1) if wide else (6,)
    return (
        3 + 2 * rng.normal(size=(3, 6, 2, 5)),
        rng.normal(size=shape),
        rng.normal(size=shape),
        rng.normal(size=(3, 6, 2, 5)),
    )


# (forward, backward, images or rows, arguments after beta)
LAYERS = {
    "batch": (norm.batchnorm_forward, norm.batchnorm_backward, rows, lambda: [{"mode": "train"}]),
    "batch, alternative": (norm.batchnorm_forward, norm.batchnorm_backward_alt, rows, lambda: [{"mode": "train"}]),
    "layer": (norm.layernorm_forward, norm.layernorm_backward, rows, lambda: [{}]),
    "spatial batch": (
        norm.spatial_batchnorm_forward,
        norm.spatial_batchnorm_backward,
        lambda rng: images(rng, False),
        lambda: [{"mode": "train"}],
    ),
    "group": (
        norm.spatial_groupnorm_forward,
        norm.spatial_groupnorm_backward,
        lambda rng: images(rng, True),
        lambda: [3, {}],
    ),
}
per_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def test_two_numbers_normalised_by_hand():
    # 1 and 3 have mean 2 and variance 1, so x_hat is -1 and 1; 10 and 10 have variance 0. With gamma 2 and beta 1 ...
    bn_param = {"mode": "train", "eps": 0.44}
    x = np.array([[1.0, 10.0], [3.0, 10.0]])
    out, _ = norm.batchnorm_forward(x, np.full(2, 2.0), np.ones(2), bn_param)
    # ... and eps = 0.44 the root is 1.2, and 2 / 1.2 + 1 = 2.6667.
    np.testing.assert_allclose(out, [[1 - 2 / 1.2, 1], [1 + 2 / 1.2, 1]], rtol=1e-14)
    np.testing.assert_allclose(bn_param["running_mean"], [0.2, 1.0], rtol=1e-14)  # 0.9 * 0 + 0.1 * mean
    np.testing.assert_allclose(bn_param["running_var"], [0.1, 0.0], rtol=1e-14)
    out, _ = norm.batchnorm_forward(x, np.ones(2), np.zeros(2), bn_param | {"mode": "test", "eps": 0.06})
    np.testing.assert_allclose(out[:, 0], [0.8 / 0.4, 2.8 / 0.4], rtol=1e-14)  # sqrt(0.1 + 0.06) = 0.4


def test_the_running_averages_forget_at_the_rate_of_their_momentum():
    bn_param = {"mode": "train", "momentum": 0.5}
    for mean in (0.0, 8.0, 4.0):
        norm.batchnorm_forward(np.array([[mean - 1], [mean + 1]]), np.ones(1), np.zeros(1), bn_param)
    # By hand: 0, then (0 + 8) / 2 = 4, then (4 + 4) / 2 = 4; variances 1: 1/2, 3/4, 7/8.
    assert bn_param["running_mean"] == [4.0]
    assert bn_param["running_var"] == [0.875]


def test_test_mode_does_not_depend_on_other_examples_and_changes_nothing(rng):
    x, gamma, beta, _ = rows(rng)
    bn_param = {"mode": "train"}
    norm.batchnorm_forward(x, gamma, beta, bn_param)
    before = {name: np.copy(value) for name, value in bn_param.items()}
    bn_param["mode"] = "test"
    together, _ = norm.batchnorm_forward(x, gamma, beta, bn_param)
    alone = [norm.batchnorm_forward(row[None], gamma, beta, bn_param)[0][0] for row in x]
    np.testing.assert_allclose(together, alone, rtol=1e-14)
    for name in ("running_mean", "running_var"):
        np.testing.assert_array_equal(bn_param[name], before[name])


def test_another_mode_is_refused(rng):
    x, gamma, beta, _ = rows(rng)
    with pytest.raises(ValueError, match="mode: expected 'train' or 'test', got 'Train'"):
        norm.batchnorm_forward(x, gamma, beta, {"mode": "Train"})


@per_layer
def test_gradients_agree_with_numerical_ones(layer, rng):
    forward, backward, draw, more = layer
    *inputs, dout = draw(rng)
    _, cache = forward(*inputs, *more())
    for k, analytic in enumerate(backward(dout, cache)):

        def f(value, k=k):
            out, _ = forward(*inputs[:k], value, *inputs[k + 1 :], *more())
            return np.sum(out * dout)

        report = check_gradient(f, inputs[k], analytic)
        assert report.verdict == "pass", report


@per_layer
def test_a_cache_can_be_used_twice_and_inputs_are_unchanged(layer, rng):
    forward, backward, draw, more = layer
    *inputs, dout = draw(rng)
    copies = [np.copy(a) for a in (*inputs, dout)]
    _, cache = forward(*inputs, *more())
    for a, b in zip(backward(dout, cache), backward(dout, cache), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip((*inputs, dout), copies, strict=True):
        np.testing.assert_array_equal(a, b)


@per_layer
def test_float32_stays_float32(layer, rng):
    forward, backward, draw, more = layer
    *inputs, dout = (a.astype(np.float32) for a in draw(rng))
    out, cache = forward(*inputs, *more())
    assert {a.dtype for a in (out, *backward(dout, cache))} == {np.dtype(np.float32)}


def test_the_gradient_of_a_batch_has_no_part_along_the_mean_or_the_spread(rng):
    # Adding a number to a feature, or stretching it, changes no output (eps = 0): the slope along both is 0.
    x, gamma, beta, dout = rows(rng)
    _, cache = norm.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.0})
    dx, _, _ = norm.batchnorm_backward(dout, cache)
    np.testing.assert_allclose(np.sum(dx, axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(np.sum(dx * (x - x.mean(axis=0)), axis=0), 0, atol=1e-13)


def test_kinds_of_normalisation_agree_where_their_groups_are_the_same(rng):
    x, _, _, _ = images(rng, True)
    ones, zeros = np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1))

    def group(x, G):
        return norm.spatial_groupnorm_forward(x, ones, zeros, G, {})[0]

    flat = x.reshape(3, -1)
    layer = norm.layernorm_forward(flat, np.ones(60), np.zeros(60), {})[0].reshape(x.shape)
    np.testing.assert_allclose(group(x, 1), layer, rtol=1e-13)  # one group: layer norm of the whole image
    one = [norm.spatial_batchnorm_forward(a[None], np.ones(6), np.zeros(6), {"mode": "train"})[0][0] for a in x]
    np.testing.assert_allclose(group(x, 6), one, rtol=1e-13)  # a channel a group: batch norm of one image
    rows_, columns = norm.layernorm_forward(flat, 1.0, 0.0, {})[0], flat.T
    transposed = norm.batchnorm_forward(columns, np.ones(3), np.zeros(3), {"mode": "train"})[0].T
    np.testing.assert_allclose(rows_, transposed, rtol=1e-13)  # layer norm is batch norm of the transpose


def of_torch(function, inputs, dout, *more, **options):
    """Return output and gradients of a PyTorch function in float64."""
    torch = pytest.importorskip("torch", reason="PyTorch is the second oracle here")
    tensors = [torch.tensor(a, requires_grad=True) for a in inputs]
    out = function(torch.nn.functional)(tensors[0], *more, weight=tensors[1], bias=tensors[2], eps=1e-5, **options)
    out.backward(torch.tensor(dout))
    return out.detach().numpy(), [t.grad.numpy() for t in tensors]


@pytest.mark.parametrize("kind", ["batch", "batch, alternative", "layer", "spatial batch", "group"])
def test_norms_agree_with_pytorch(kind, rng):
    forward, backward, draw, more = LAYERS[kind]
    *inputs, dout = draw(rng)
    flat = [inputs[0], inputs[1].ravel(), inputs[2].ravel()]
    if "batch" in kind:
        expected, gradients = of_torch(lambda F: F.batch_norm, flat, dout, None, None, training=True)
    elif kind == "layer":
        expected, gradients = of_torch(lambda F: F.layer_norm, flat, dout, (4,))
    else:
        expected, gradients = of_torch(lambda F: F.group_norm, flat, dout, 3)
    out, cache = forward(*inputs, *more())
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    for got, right in zip(backward(dout, cache), gradients, strict=True):
        np.testing.assert_allclose(got.ravel(), right.ravel(), rtol=1e-10, atol=1e-12)


def test_pytorch_keeps_running_averages_by_the_other_convention(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is the second oracle here")
    x, gamma, beta, _ = rows(rng)
    mean, var = torch.zeros(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    torch.nn.functional.batch_norm(
        torch.tensor(x), mean, var, training=True, momentum=0.1
    )  # what is new, not what is old
    bn_param = {"mode": "train"}
    norm.batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(bn_param["running_var"] * 7 / 6, var.numpy(), rtol=1e-12)  # its variance is over N - 1


def test_eps_is_taken_from_the_dict_where_it_is_given():
    # 1 and 3: mean 2, variance 1. With eps = 0.44 the root is 1.2; left out, it is 1e-5.
    row = np.array([[1.0, 3.0]])
    image = row.reshape(1, 1, 1, 2)
    for eps, root in (({"eps": 0.44}, 1.2), ({}, np.sqrt(1.00001))):
        layer, _ = norm.layernorm_forward(row, np.ones(2), np.zeros(2), eps)
        group, _ = norm.spatial_groupnorm_forward(image, np.ones((1, 1, 1, 1)), np.zeros((1, 1, 1, 1)), 1, eps)
        np.testing.assert_allclose(layer, [[-1 / root, 1 / root]], rtol=1e-14)
        np.testing.assert_allclose(group.ravel(), layer.ravel(), rtol=1e-14)


def test_the_running_averages_of_images_are_those_of_channels(rng):
    x, gamma, beta, _ = images(rng, False)
    bn_param = {"mode": "train"}
    norm.spatial_batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], 0.1 * x.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(bn_param["running_var"], 0.1 * x.var(axis=(0, 2, 3)), rtol=1e-12)


def test_shared_statistics_are_detected():
    def group(x):
        return norm.spatial_groupnorm_forward(x, np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1)), 3, {})[0]

    mask = regimes.shared_entries(group, (2, 6, 2, 3), (1, 2, 0, 0))
    expected = np.zeros((2, 6, 2, 3), bool)
    expected[1, 2:4] = True  # the second of three groups of two channels
    np.testing.assert_array_equal(mask, expected)

"""Convolution and pooling: known values, numerical gradients, and PyTorch in float64 as a second oracle."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import conv
from chainrule.errors import ChainruleError
from chainrule.gradcheck import numerical_gradient_array, rel_error
from chainrule.lessons import filters

FORMS = {
    "naive": (conv.conv_forward_naive, conv.conv_backward_naive),
    "fast": (conv.conv_forward_fast, conv.conv_backward_fast),
}
POOLS = {
    "max": (conv.max_pool_forward_naive, conv.max_pool_backward_naive),
    "avg": (conv.avg_pool_forward, conv.avg_pool_backward),
}
per_form = pytest.mark.parametrize("form", FORMS)
per_pool = pytest.mark.parametrize("kind", POOLS)


def pool_param(height, width, stride):
    return {"pool_height": height, "pool_width": width, "stride": stride}


# Known values, worked out by hand.


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "expected"),
    [
        (7, 3, 1, 0, 5),
        (7, 3, 2, 0, 3),
        (7, 3, 1, 1, 7),
        (32, 7, 1, 3, 32),
        # The first layers of AlexNet (Krizhevsky et al., 2012; 227 pixels make its 55 come out) and of
        # ResNet (He et al., 2016), whose 112 leaves one pixel over.
        (227, 11, 4, 0, 55),
        (224, 7, 2, 3, 112),
        (5, 5, 3, 0, 1),
    ],
)
def test_sizes(size, kernel, stride, pad, expected):
    assert conv.conv_output_size(size, kernel, stride, pad) == expected


def test_a_kernel_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match=r"kernel: expected at most size \+ 2 \* pad = 6, got 7"):
        conv.conv_output_size(4, 7, 1, 1)


@per_form
def test_a_convolution_by_hand(form):
    # Image 1..9 in rows. Filter [[1, 0], [0, -1]]: a pixel minus its lower right neighbour, always -4; plus 10.
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    w = np.array([[1.0, 0], [0, -1]]).reshape(1, 1, 2, 2)
    forward, backward = FORMS[form]
    out, cache = forward(x, w, np.array([10.0]), {"stride": 1, "pad": 0})
    np.testing.assert_array_equal(out, np.full((1, 1, 2, 2), 6.0))
    # dout of ones: dx holds 1 where a window begins and -1 where one ends; dw sums the pixels each weight met.
    dx, dw, db = backward(np.ones_like(out), cache)
    np.testing.assert_array_equal(dx[0, 0], [[1, 1, 0], [1, 0, -1], [0, -1, -1]])
    np.testing.assert_array_equal(dw[0, 0], [[1 + 2 + 4 + 5, 2 + 3 + 5 + 6], [4 + 5 + 7 + 8, 5 + 6 + 8 + 9]])
    np.testing.assert_array_equal(db, [4])


@per_form
def test_zero_padding_and_a_stride_by_hand(form):
    # Ones under a filter of ones: each output counts the pixels of the image in its window.
    x, w = np.ones((1, 1, 3, 4)), np.ones((1, 1, 3, 3))
    out, _ = FORMS[form][0](x, w, np.zeros(1), {"stride": 2, "pad": 1})
    np.testing.assert_array_equal(out[0, 0], [[4, 6], [4, 6]])
    out, _ = FORMS[form][0](x, w, np.zeros(1), {"stride": 1, "pad": 1})
    np.testing.assert_array_equal(out[0, 0], [[4, 6, 6, 4], [6, 9, 9, 6], [4, 6, 6, 4]])


def test_pools_by_hand():
    # Windows 2x2 at stride 1 over the numbers 1..9, the 5 replaced by 20: it is the largest of all four windows.
    x = np.array([1.0, 2, 3, 4, 20, 6, 7, 8, 9]).reshape(1, 1, 3, 3)
    out, cache = conv.max_pool_forward_naive(x, pool_param(2, 2, 1))
    np.testing.assert_array_equal(out, np.full((1, 1, 2, 2), 20.0))
    dout = np.array([1.0, 2, 3, 4]).reshape(1, 1, 2, 2)
    dx = conv.max_pool_backward_naive(dout, cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 0, 0], [0, 10, 0], [0, 0, 0]])
    out, cache = conv.avg_pool_forward(x, pool_param(2, 2, 1))
    np.testing.assert_array_equal(out[0, 0], [[6.75, 7.75], [9.75, 10.75]])
    dx = conv.avg_pool_backward(dout, cache)
    np.testing.assert_array_equal(dx[0, 0], np.array([[1, 3, 2], [4, 10, 6], [3, 7, 4]]) / 4)


def test_a_tie_goes_to_the_first_in_row_order():
    x = np.array([0.0, 5, 5, 5]).reshape(1, 1, 2, 2)
    _, cache = conv.max_pool_forward_naive(x, pool_param(2, 2, 2))
    dx = conv.max_pool_backward_naive(np.full((1, 1, 1, 1), 3.0), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 3], [0, 0]])


# Random shapes.


@st.composite
def windows(draw, pad=True):
    """Draw N, C, F, image, kernel, stride, pad such that the kernel fits, and a seed."""
    N, C, F = (draw(st.integers(1, 3)) for _ in range(3))
    kernel = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    p = draw(st.integers(0, 2)) if pad else 0
    image = tuple(max(1, k - 2 * p) + draw(st.integers(0, 4)) for k in kernel)
    return N, C, F, image, kernel, draw(st.integers(1, 4)), p, draw(st.integers(0, 2**32 - 1))


def conv_problem(N, C, F, image, kernel, stride, pad, seed):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(N, C, *image)), rng.normal(size=(F, C, *kernel)), rng.normal(size=F)
    sizes = [conv.conv_output_size(n, k, stride, pad) for n, k in zip(image, kernel, strict=True)]
    return x, w, b, {"stride": stride, "pad": pad}, rng.normal(size=(N, F, *sizes))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60)
@given(sizes=windows())
def test_convolution_agrees_with_pytorch(form, sizes):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: the second oracle is left out")
    x, w, b, param, dout = conv_problem(*sizes)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    expected = torch.nn.functional.conv2d(*tensors, stride=param["stride"], padding=param["pad"])
    expected.backward(torch.tensor(dout))
    forward, backward = FORMS[form]
    out, cache = forward(x, w, b, param)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    for got, tensor in zip(backward(dout, cache), tensors, strict=True):
        np.testing.assert_allclose(got, tensor.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", POOLS)
@settings(max_examples=60)
@given(sizes=windows(pad=False), integers=st.booleans())
def test_pools_agree_with_pytorch(kind, sizes, integers):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: the second oracle is left out")
    N, C, _, image, kernel, stride, _, seed = sizes
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, C, *image))
    x = np.round(x) if integers else x  # whole numbers tie; PyTorch takes the first, too
    tensor = torch.tensor(x, requires_grad=True)
    expected = getattr(torch.nn.functional, f"{kind}_pool2d")(tensor, kernel, stride=stride)
    dout = rng.normal(size=expected.shape)
    expected.backward(torch.tensor(dout))
    forward, backward = POOLS[kind]
    out, cache = forward(x, pool_param(*kernel, stride))
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(backward(dout, cache), tensor.grad.numpy(), rtol=1e-12, atol=1e-12)


@per_form
@pytest.mark.parametrize(
    "sizes",
    [(2, 3, 2, (4, 6), (3, 2), 1, 0, 0), (1, 2, 3, (5, 4), (3, 3), 2, 1, 1), (3, 1, 2, (4, 5), (1, 4), 3, 2, 2)],
)
def test_gradients_of_the_convolution(form, sizes):
    *inputs, param, dout = conv_problem(*sizes)
    forward, backward = FORMS[form]
    gradients = backward(dout, forward(*inputs, param)[1])
    for number, gradient in enumerate(gradients):

        def f(value, number=number):
            return forward(*inputs[:number], value, *inputs[number + 1 :], param)[0]

        assert rel_error(numerical_gradient_array(f, inputs[number], dout), gradient) < 1e-7


@per_pool
@pytest.mark.parametrize("param", [(2, 2, 2), (3, 2, 1), (1, 2, 3)])
def test_gradients_of_the_pools(kind, param):
    rng = np.random.default_rng(3)
    x = rng.permutation(2 * 3 * 5 * 6).reshape(2, 3, 5, 6) / 10  # all different: no kink is near
    forward, backward = POOLS[kind]
    out, cache = forward(x, pool_param(*param))
    dout = rng.normal(size=out.shape)
    numerical = numerical_gradient_array(lambda x: forward(x, pool_param(*param))[0], x, dout)
    assert rel_error(numerical, backward(dout, cache)) < 1e-7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_layer_keeps_the_dtype_and_its_inputs(dtype):
    x, w, b, param, dout = conv_problem(2, 3, 4, (6, 7), (3, 2), 1, 1, 0)
    x, w, b, dout = (a.astype(dtype) for a in (x, w, b, dout))
    given_ = [a.copy() for a in (x, w, b, dout)]
    arrays = []
    for forward, backward in FORMS.values():
        out, cache = forward(x, w, b, param)
        arrays += [out, *backward(dout, cache)]
    for forward, backward in POOLS.values():
        out, cache = forward(x, pool_param(2, 3, 1))
        arrays += [out, backward(out, cache)]
    arrays += conv.conv_as_affine(w, b, x.shape[1:], param)
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    for before, after in zip(given_, (x, w, b, dout), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_convolution_is_equivariant_to_shifts():
    # Far from the edge, the output of a shifted image is the shifted output.
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(1, 2, 9, 9)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    param = {"stride": 1, "pad": 1}
    out, shifted = (conv.conv_forward_fast(a, w, b, param)[0] for a in (x, np.roll(x, (2, 1), axis=(2, 3))))
    np.testing.assert_allclose(shifted[:, :, 3:8, 2:8], out[:, :, 1:6, 1:7], rtol=1e-12)


# Fully connected layers as convolutions.


@settings(max_examples=40)
@given(sizes=windows())
def test_a_convolution_is_an_affine_layer(sizes):
    x, w, b, param, dout = conv_problem(*sizes)
    matrix, bias = conv.conv_as_affine(w, b, x.shape[1:], param)
    out, _ = conv.conv_forward_naive(x, w, b, param)
    np.testing.assert_allclose(x.reshape(len(x), -1) @ matrix + bias, out.reshape(len(x), -1), atol=1e-12)


def test_an_affine_layer_is_a_convolution_and_slides_over_larger_images():
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(3 * 4 * 5, 7)), rng.normal(size=7)
    filters_ = conv.affine_as_conv(w, (3, 4, 5))
    large = rng.normal(size=(2, 3, 6, 8))
    out, _ = conv.conv_forward_fast(large, filters_, b, {"stride": 1, "pad": 0})
    assert out.shape == (2, 7, 3, 4)
    for i, j in np.ndindex(3, 4):
        crop = large[:, :, i : i + 4, j : j + 5].reshape(2, -1)
        np.testing.assert_allclose(out[:, :, i, j], crop @ w + b, rtol=1e-12)


# Pictures and long loops of the notebook.


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        # Receptive fields: 3 stacked 3x3 see 7 pixels; after a 2x2 pool every step counts twice. The last is the
        # first part of VGG-16 (Simonyan and Zisserman, 2015), known to see 16 pixels after its second pool.
        ([(3, 1)], [3]),
        ([(3, 1)] * 3, [3, 5, 7]),
        ([(7, 1), (2, 2)], [7, 8]),
        ([(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)], [3, 5, 6, 10, 14, 16]),
    ],
)
def test_receptive_fields(layers, expected):
    assert filters.receptive_fields(layers) == expected


def test_a_receptive_field_is_what_the_gradient_reaches():
    layers = [(3, 1), (2, 2), (3, 1)]
    gradient = np.ones((1, 1, 1, 1))
    for kernel, stride in reversed(layers):
        side = (gradient.shape[2] - 1) * stride + kernel
        blank = np.zeros((1, 1, side, side))
        _, cache = conv.conv_forward_fast(
            blank, np.ones((1, 1, kernel, kernel)), np.zeros(1), {"stride": stride, "pad": 0}
        )
        gradient, _, _ = conv.conv_backward_fast(gradient, cache)
    assert gradient.shape[2:] == (filters.receptive_fields(layers)[-1],) * 2
    assert np.all(gradient > 0)


def test_pictures_refuse_what_they_cannot_draw():
    with pytest.raises(ChainruleError, match=r"draw_windows: expected the kernel \(5, 5\) to fit"):
        filters.draw_windows((3, 3), (5, 5), 1, 0)
    with pytest.raises(ChainruleError, match=r"show_numbers: expected two dimensions, got \(2, 3, 4\) for 'x'"):
        filters.show_numbers({"x": np.zeros((2, 3, 4))})


def test_the_picture_of_windows_shows_the_number_of_positions():
    ax = filters.draw_windows((5, 8), (3, 4), 2, 1)
    sizes = [conv.conv_output_size(5, 3, 2, 1), conv.conv_output_size(8, 4, 2, 1)]
    assert ax.get_title() == "pad 1, stride 2: {} x {}".format(*sizes)
    assert sum(len(line.get_xdata()) for line in ax.lines) == sizes[0] * sizes[1]
    plt.close(ax.figure)


def test_the_picture_of_a_receptive_field_has_all_its_pixels():
    ax = filters.draw_receptive_field([(3, 1), (2, 2), (3, 1)])
    labels = [text.get_text() for text in ax.texts]
    assert labels[0] == "pixels: 8"
    assert labels[-1].endswith(": 1")
    plt.close(ax.figure)

"""Tasks of gan.ipynb: the transposed convolution."""

from autograder.tasks.layer_checks import CHANGES_DOUT, FLOAT64, backward_twice, in_float32, with_dtype_check
from autograder.tasks.spec import gradients, growth, mistake, task_factory, values
from chainrule.gan import layers

__all__ = ["TASKS"]

task = task_factory("assignment5", "gan", layers)


def draw_maps(rng, N=2, stride=None, pad=None, kernel=(4, 3)):
    C, F, H, W = 3, 2, 3, 5
    return {
        "x": rng.normal(size=(N, C, H, W)),
        "w": rng.normal(size=(C, F, *kernel)),
        "b": rng.normal(size=F),
        "stride": stride or int(rng.integers(2, 4)),
        "pad": int(rng.integers(0, 3)) if pad is None else pad,
    }


def with_dout(draw):
    def drawn(rng):
        inputs = draw(rng)
        N, _, H, W = inputs["x"].shape
        _, F, HH, WW = inputs["w"].shape
        grow = lambda size, kernel: (size - 1) * inputs["stride"] + kernel - 2 * inputs["pad"]  # noqa: E731
        return inputs | {"dout": rng.normal(size=(N, F, grow(H, HH), grow(W, WW)))}

    return drawn


def draw_doubling(rng):
    return draw_maps(rng, stride=2, pad=1, kernel=(4, 4))


def draw_framed(rng):
    """Stride 2, so that stamps overlap, and a frame to cut off."""
    return draw_maps(rng, stride=2, pad=1)


def draw_apart(rng):
    """Stamps that overlap along one axis alone, and a wide frame to cut off."""
    return draw_maps(rng, stride=3, pad=2)


def draw_dense(rng):
    return draw_maps(rng, 1, stride=1, pad=0)


def draw_small(rng):
    return draw_maps(rng, 2) | {"N": 2}


def draw_large(rng):
    return draw_maps(rng, 20) | {"N": 20}


UP = "out, cache = conv_transpose_forward(x, w, b, stride, pad)"
UP_BACKWARD = f"{UP}\nloss = (out * dout).sum()\ndx, dw, db = conv_transpose_backward(dout, cache)"
STAMP = "sheet[:, :, u : u + stride * H : stride, v : v + stride * W : stride] += stamps[:, u, v]"
CUT = "sheet[:, :, pad : height - pad, pad : width - pad].swapaxes(0, 1)"
SIZES = "height, width = (H - 1) * stride + HH, (W - 1) * stride + WW"
LOOPS = "the work done in Python grows with N: no loop over images is needed"

conv_transpose_forward = task(
    "conv_transpose_forward",
    UP,
    draw_maps,
    (
        values("strides 2 and 3", 0.5, "out", draw=(draw_framed, draw_apart, draw_maps)),
        values("twice as large; one image at stride 1", 0.5, "out", draw=(draw_doubling, draw_dense), cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("out", "float32_kept", "x", "w", "b"),
            call=with_dtype_check(UP, "out"),
            draw=draw_framed,
            cases=2,
        ),
        growth(0.5, draw_small, draw_large),
    ),
    (
        mistake("flipped", "the filters are turned by 180 degrees: a stamp shows the filter as it is")(
            ("np.tensordot(w,", "np.tensordot(w[:, :, ::-1, ::-1],")
        ),
        mistake("overwrites", "where stamps overlap the last one stays, expected their sum")(
            (STAMP, STAMP.replace("+=", "="))
        ),
        mistake("off_by_one", "the output is too large: between H pixels there are H - 1 steps of a stride")(
            (SIZES, "height, width = H * stride + HH, W * stride + WW")
        ),
        mistake("not_cut", "the frame of pad rows and columns is not cut off")((CUT, "sheet.swapaxes(0, 1)")),
        mistake("cut_once", "pad rows and columns are cut off on one side, expected on each of the four")(
            (CUT, "sheet[:, :, pad:, pad:].swapaxes(0, 1)")
        ),
        mistake(
            "padded", "pad is added as a frame of zeros, expected cut off: a transposed convolution undoes the padding"
        )((CUT, "np.pad(sheet, ((0, 0), (0, 0), (pad, pad), (pad, pad))).swapaxes(0, 1)")),
        mistake(
            "input_stride",
            "the stride steps through the input, expected through the output: stamps are set stride pixels apart",
        )(("    stamps =", "    x, stride = x[:, :, ::stride, ::stride], 1\n    H, W = x.shape[2:]\n    stamps =")),
        mistake("no_stride", "the stamps are set next to each other, expected stride pixels apart")(
            ("    stamps =", "    stride = 1\n    stamps =")
        ),
        mistake("no_bias", "the bias b is not added")((" + b[:, None, None]", "")),
        mistake(
            "bias_per_stamp",
            "the bias is added with every stamp, so that it counts more where stamps overlap; add it once to each output pixel",
        )((STAMP, STAMP + " + b[:, None, None, None]"), (" + b[:, None, None]", "")),
        mistake("mean", "the input channels are averaged, expected added up")(
            ("axes=(0, 1))", "axes=(0, 1)) / len(w)")
        ),
        mistake("float64", FLOAT64)(("return out,", "return out.astype(float),")),
        mistake("loops", LOOPS)(
            (
                STAMP,
                "for n in range(N):\n            " + STAMP.replace("[:, :, u", "[:, n, u").replace("u, v]", "u, v, n]"),
            )
        ),
    ),
)

conv_transpose_backward = task(
    "conv_transpose_backward",
    UP_BACKWARD,
    with_dout(draw_maps),
    (
        gradients(
            "gradients against numeric", 1, {"dx": "x", "dw": "w", "db": "b"}, draw=with_dout(draw_framed), cases=2
        ),
        values(
            "twice as large; stride 3; one image at stride 1",
            0.5,
            "dx",
            "dw",
            "db",
            draw=(with_dout(draw_doubling), with_dout(draw_apart), with_dout(draw_dense)),
        ),
        in_float32(
            "a second time: same, float32, dout unchanged",
            0.5,
            *("dx", "dw", "db", "float32_kept", "dout"),
            call=backward_twice(UP_BACKWARD),
            draw=with_dout(draw_framed),
            cases=2,
        ),
        growth(0.5, with_dout(draw_small), with_dout(draw_large)),
    ),
    (
        mistake("dx_flipped", "the filters are turned by 180 degrees for dx: use them as they are")(
            ("conv_forward_fast(dout, w,", "conv_forward_fast(dout, w[:, :, ::-1, ::-1],")
        ),
        mistake("dw_flipped", "dw is turned by 180 degrees")(
            ("return dx, dw, db", "return dx, dw[:, :, ::-1, ::-1], db")
        ),
        mistake("dw_mean", "dw is divided by N: the mean belongs to the loss, and dout holds it already")(
            ("return dx, dw, db", "return dx, dw / len(x), db")
        ),
        mistake("dw_swapped", "the first two axes of dw are swapped: w is (C, F, HH, WW), input channels first")(
            ("return dx, dw, db", "return dx, dw.swapaxes(0, 1), db")
        ),
        mistake("db_mean", "db is the mean of dout, expected the sum over images, rows and columns")(
            ("np.sum(dout", "np.mean(dout")
        ),
        mistake("db_ones", "db is summed over the images alone, expected over rows and columns, too")(
            ("axis=(0, 2, 3)", "axis=0")
        ),
        mistake("db_keepdims", "db has shape (1, F, 1, 1), expected that of b, (F,)")(
            ("axis=(0, 2, 3))", "axis=(0, 2, 3), keepdims=True)")
        ),
        mistake("dx_bias", "the bias is added in dx: a gradient with respect to x has no bias")(
            ("return dx, dw, db", "return dx + np.mean(w), dw, db")
        ),
        mistake("first_image", "dw holds the first image alone, expected the sum over all")(
            (
                "conv_backward_fast(x, conv_cache)",
                "conv_backward_fast(x * (np.arange(len(x)) == 0)[:, None, None, None], conv_cache)",
            )
        ),
        mistake("float64", FLOAT64)(("return dx,", "return dx.astype(float),")),
        mistake("changes_dout", CHANGES_DOUT)(("return dx,", "dout *= 2\n    return dx,")),
        mistake("loops", LOOPS)(("np.sum(dout, axis=(0, 2, 3))", "sum(np.sum(image, axis=(1, 2)) for image in dout)")),
    ),
)

TASKS = (conv_transpose_forward, conv_transpose_backward)

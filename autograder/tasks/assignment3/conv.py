"""Tasks of cnn.ipynb: the size of the output, convolution by loops and by windows."""

import numpy as np

from autograder.tasks.layer_checks import with_dtype_check
from autograder.tasks.spec import gradients, growth, mistake, task_factory, untouched, values
from chainrule import conv

__all__ = ["ANY", "COLUMN_STRIDE", "CONV_PARAM", "DX_ASSIGNED", "FLIPPED", "SMALL", "TASKS", "backward_twice"]

task = task_factory("assignment3", "cnn", conv)


def draw_sizes(rng):
    """Some strides fit, some leave pixels over."""
    kernels, strides, pads = np.array([3, 3, 2, 4, 1, 5]), np.array([1, 2, 3, 2, 2, 3]), np.array([1, 1, 2, 0, 0, 2])
    return {"sizes": rng.integers(5, 9, 6), "kernels": kernels, "strides": strides, "pads": pads}


SIZES = """
rows = zip(sizes.tolist(), kernels.tolist(), strides.tolist(), pads.tolist())
counts = [conv_output_size(*row) for row in rows]
whole = np.asarray(counts).dtype.kind in "iu"
"""

REFUSED = """
refused = []
for extra in (0, 1, 4):
    try:
        conv_output_size(size, size + 2 * pad + extra, 1, pad)
        refused.append(False)
    except ValueError:
        refused.append(True)
"""


def draw_with_pad(pad):
    return lambda rng: {"size": int(rng.integers(2, 7)), "pad": pad}


SIZE = "(size + 2 * pad - kernel) // stride + 1"

conv_output_size = task(
    "conv_output_size",
    SIZES,
    draw_sizes,
    (
        values("sizes, also where the stride leaves pixels over", 0.5, "counts", "whole"),
        values(
            "ValueError for a kernel that is too large",
            0.5,
            "refused",
            call=REFUSED,
            draw=(draw_with_pad(0), draw_with_pad(1), draw_with_pad(2)),
            proves=False,
        ),
    ),
    (
        mistake("off_by_one", "the size is one too small: the first place is there before any step, so add 1")(
            (SIZE, "(size + 2 * pad - kernel) // stride")
        ),
        mistake("one_pad", "the padding is counted once, expected twice: zeros are added on both sides")(
            ("size + 2 * pad - kernel", "size + pad - kernel")
        ),
        mistake("no_pad", "the padding is not counted")(("size + 2 * pad - kernel", "size - kernel")),
        mistake("ceiling", "the division is rounded up: a window that does not fit wholly has no place")(
            (SIZE, "-(-(size + 2 * pad - kernel) // stride) + 1")
        ),
        mistake("float", "the size is a float: divide with // to get a whole number")(
            (SIZE, "(size + 2 * pad - kernel) / stride + 1")
        ),
        mistake("no_stride", "the stride is left out")((SIZE, "size + 2 * pad - kernel + 1")),
        mistake("accepts", "a kernel larger than the padded image is accepted, expected a ValueError")(
            ("if kernel > size + 2 * pad:", "if False:")
        ),
        mistake("refuses_equal", "a kernel exactly as large as the padded image is refused: it has one place")(
            ("if kernel > size + 2 * pad:", "if kernel >= size + 2 * pad:")
        ),
    ),
)


# Convolution.


def draw_conv(N, C, F, image, kernel, stride, pad, dtype=float):
    """Draw images up to a stride larger than `image`, height and width independently."""

    def draw(rng):
        H, W = (int(size + stride * rng.integers(0, 2)) for size in image)
        sizes = [conv.conv_output_size(size, k, stride, pad) for size, k in zip((H, W), kernel, strict=True)]
        x, w = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, *kernel))
        arrays = {"x": x, "w": w, "b": rng.normal(size=F), "dout": rng.normal(size=(N, F, *sizes))}
        return {name: a.astype(dtype) for name, a in arrays.items()} | {"stride": stride, "pad": pad}

    return draw


# Stride 2 on 6 + 2 and 7 + 2 pixels: some are left over. Small, since the loops run for every named mistake.
ANY = (
    draw_conv(2, 2, 3, (4, 7), (3, 4), 2, 1),
    draw_conv(3, 2, 1, (7, 5), (2, 3), 3, 1),
    draw_conv(1, 3, 2, (3, 6), (3, 2), 2, 2),
)
PAD_0 = draw_conv(1, 3, 2, (4, 6), (3, 2), 1, 0)
FLOAT32 = draw_conv(2, 2, 3, (4, 7), (3, 4), 2, 1, np.float32)
SMALL = draw_conv(2, 1, 2, (2, 5), (3, 2), 2, 1)


def draw_windows(N, side):
    """N counts the windows of all images."""

    def draw(rng):
        return draw_conv(N, 2, 3, (side, side + 1), (3, 2), 1, 1)(rng) | {"N": N * side**2}

    return draw


WINDOWS = growth(1, draw_windows(2, 5), draw_windows(8, 20), "vectorised over the N windows of all images")
CONV_PARAM = 'conv_param = {"stride": stride, "pad": pad}\n'


def forward_call(form):
    return f"{CONV_PARAM}out, cache = conv_forward_{form}(x, w, b, conv_param)"


def backward_call(form):
    forward_lines = f"{forward_call(form)}\nloss = np.sum(out * dout)"
    return f"{forward_lines}\ndx, dw, db = conv_backward_{form}(dout, cache)"


def backward_twice(call, outputs):
    """Return the call with its last line, the backward pass, run twice, first with a copy of dout; the second is judged."""
    *before, backward_line = call.splitlines()
    return "\n".join([*before, backward_line.replace("dout", "dout.copy()"), f"{outputs} = None", backward_line])


def no_pad():
    return mistake("no_pad", "no frame of zeros is added: conv_param['pad'] is not used")(
        ('stride, pad = conv_param["stride"], conv_param["pad"]', 'stride, pad = conv_param["stride"], 0')
    )


EDGE = mistake("edge", "the frame repeats the pixels of the edge, expected zeros")(
    ("(pad, pad), (pad, pad)))", '(pad, pad), (pad, pad)), mode="edge")')
)
ONE_SIDE = mistake("one_side", "all zeros are added at the top and on the left, expected pad of them on each side")(
    ("(pad, pad), (pad, pad)", "(2 * pad, 0), (2 * pad, 0)")
)
FLIPPED = "the filters are flipped (rows and columns run backwards): here they are laid on the image as they are"
NO_BIAS = "the bias b is not added"
COLUMN_STRIDE = "the stride is used for the rows only, not for the columns"
SWAPPED_OUT = "H' and W' are swapped: out is (N, F, H', W')"

conv_forward_naive = task(
    "conv_forward_naive",
    forward_call("naive"),
    ANY[0],
    (
        values("out for several strides and frames", 0.5, "out", draw=ANY),
        values("pad 0, one image", 0.5, "out", draw=PAD_0),
        values("arrays that are not contiguous", 0.5, "out", layout="strided"),
        untouched(0.5, "x", "w", "b"),
    ),
    (
        no_pad(),
        EDGE,
        ONE_SIDE,
        mistake("flipped", FLIPPED)(("window * w[f]", "window * w[f, :, ::-1, ::-1]")),
        mistake("no_bias", NO_BIAS)((" + b[f]", "")),
        mistake("bias_per_pixel", "the bias is added to every product of the window, expected once to their sum")(
            ("np.sum(window * w[f]) + b[f]", "np.sum(window * w[f] + b[f])")
        ),
        mistake("column_stride", COLUMN_STRIDE)(("j * stride : j * stride + WW", "j : j + WW")),
        mistake("no_stride", "the windows move by 1, expected by the stride")(("i * stride", "i"), ("j * stride", "j")),
        mistake("swapped", SWAPPED_OUT)(
            ("(N, F, H_out, W_out)", "(N, F, W_out, H_out)"), ("out[n, f, i, j]", "out[n, f, j, i]")
        ),
        mistake("off_by_one", "out is one too small in height and width: the first place counts, too")(
            ("H, HH, stride, pad)", "H, HH, stride, pad) - 1"), ("W, WW, stride, pad)", "W, WW, stride, pad) - 1")
        ),
        mistake("first_channel", "only the first channel is used, expected the sum over all channels")(
            ("window * w[f]", "window[0] * w[f, 0]")
        ),
        mistake("mean", "the products are averaged, expected their sum")(("np.sum(window", "np.mean(window")),
        mistake("one_image", "every image gets the output of the first")(("padded[n, :, i", "padded[0, :, i")),
    ),
)

conv_forward_fast = task(
    "conv_forward_fast",
    forward_call("fast"),
    ANY[0],
    (
        values("out for several strides and frames", 0.5, "out", draw=ANY),
        values("pad 0, one image", 0.5, "out", draw=PAD_0, layout="strided"),
        values(
            "float32 in, float32 out",
            0.5,
            *("out", "float32_kept"),
            call=with_dtype_check(forward_call("fast"), "out"),
            draw=FLOAT32,
            rtol=1e-4,  # sums of 36 products in single precision
        ),
        WINDOWS,
    ),
    (
        no_pad(),
        EDGE,
        ONE_SIDE,
        mistake("flipped", FLIPPED)(("w.reshape(F, -1)", "w[:, :, ::-1, ::-1].reshape(F, -1)")),
        mistake("no_bias", NO_BIAS)((" + b[:, None]", "")),
        mistake("column_stride", COLUMN_STRIDE)(("[:, :, ::stride, ::stride]", "[:, :, ::stride]")),
        mistake(
            "rows_mixed",
            "the entries of a window stand in another order than those of a filter: both must run over C, HH, WW",
        )(("windows.transpose(1, 4, 5, 0, 2, 3)", "windows.transpose(4, 5, 1, 0, 2, 3)")),
        mistake("kernel_swapped", "rows and columns of the window are swapped against those of the filter")(
            ("windows.transpose(1, 4, 5, 0, 2, 3)", "windows.transpose(1, 5, 4, 0, 2, 3)")
        ),
        mistake(
            "images_mixed",
            "N and F are mixed: the product is (F, N * H' * W'), so reshape it to (F, N, H', W') and transpose",
        )((".reshape(F, N, H_out, W_out).transpose(1, 0, 2, 3)", ".reshape(N, F, H_out, W_out)")),
        mistake(
            "places_mixed",
            "H' and W' are mixed up when the product is reshaped: its columns run over the rows of places first",
        )((".reshape(F, N, H_out, W_out).transpose(1, 0, 2, 3)", ".reshape(F, N, W_out, H_out).transpose(1, 0, 3, 2)")),
        mistake("float64", "out is float64 for float32 images: make no array without the dtype of x")(
            ("@ columns", "@ columns.astype(np.float64)")
        ),
        mistake("loop", "a loop over the images is left")(
            ("@ columns", "@ np.hstack([part for part in np.hsplit(columns, N * H_out)])")
        ),
    ),
)

NOT_CROPPED = "dx still has the frame of zeros: cut it off, so that dx has the shape of x"
CROPPED_WRONG = "the frame is cut off at the bottom and right only: dx starts at [pad, pad]"
PAD_MINUS_PAD = "dx is empty at pad 0, since [pad:-pad] is [0:0]: write [pad : pad + H]"
DB_AXES = "db is summed over the wrong axes: sum dout over N, H' and W', so that db is (F,)"
DW_MEAN = "dw is the mean over the images, expected the sum: the 1/N is in the loss already"
DX_FLIPPED = "dx uses the flipped filters: each window gets the filter as it is, times dout"
DX_ASSIGNED = "dx is assigned where windows overlap: contributions add up (+=)"

CROP = "dpadded[:, :, pad : pad + H, pad : pad + W]"


def crop_mistakes():
    return (
        mistake("not_cropped", NOT_CROPPED)((CROP, "dpadded")),
        mistake("cropped_wrong", CROPPED_WRONG)((CROP, "dpadded[:, :, :H, :W]")),
        mistake("pad_minus_pad", PAD_MINUS_PAD)((CROP, "dpadded[:, :, pad:-pad, pad:-pad]")),
    )


def backward_checks(form, points):
    """points: of the check on other strides and frames."""
    call = backward_call(form)
    return (
        gradients("dx, dw, db against numeric", 1, {"dx": "x", "dw": "w", "db": "b"}, draw=SMALL, cases=2),
        values(
            "other strides and frames; pad 0, one image",
            *(points, "dx", "dw", "db"),
            draw=(*ANY, PAD_0),
            cases=4,
            layout="strided",
        ),
        values(
            "the cache used twice; dout, x, w unchanged",
            *(0.5, "dx", "dw", "db", "dout", "x", "w"),
            call=backward_twice(call, "dx = dw = db"),
            cases=1,
        ),
    )


conv_backward_naive = task(
    "conv_backward_naive",
    backward_call("naive"),
    ANY[0],
    (
        *backward_checks("naive", 1),
        values(
            "float32 inputs", 0.5, "dx", "dw", "db", draw=FLOAT32, rtol=1e-4, cases=2
        ),  # 24 sums in single precision
    ),
    (
        *crop_mistakes(),
        mistake("dx_assigned", DX_ASSIGNED)(("dpadded[n, :, rows, cols] +=", "dpadded[n, :, rows, cols] =")),
        mistake("dw_assigned", "dw is assigned, expected += over all images and places")(("dw[f] +=", "dw[f] =")),
        mistake("db_assigned", "db is assigned, expected += over all images and places")(("db[f] +=", "db[f] =")),
        mistake("db_axes", DB_AXES)(("    dx = ", "    db = np.sum(dout, axis=(0, 1, 2))\n    dx = ")),
        mistake("dw_mean", DW_MEAN)(("return dx, dw, db", "return dx, dw / len(dout), db")),
        mistake("dx_flipped", DX_FLIPPED)(("w[f] * dout", "w[f, :, ::-1, ::-1] * dout")),
        mistake("column_stride", COLUMN_STRIDE)(("slice(j * stride, j * stride + WW)", "slice(j, j + WW)")),
        mistake("no_dout", "dw is the sum of the windows: each must be multiplied by its dout")(
            ("padded[n, :, rows, cols] * dout[n, f, i, j]\n", "padded[n, :, rows, cols]\n")
        ),
        mistake("order", "the gradients come in the wrong order: return dx, dw, db, as the inputs x, w, b")(
            ("return dx, dw, db", "return dw, dx, db")
        ),
    ),
)

conv_backward_fast = task(
    "conv_backward_fast",
    backward_call("fast"),
    ANY[0],
    (*backward_checks("fast", 0.5), WINDOWS),
    (
        *crop_mistakes(),
        mistake("dx_assigned", DX_ASSIGNED)(("] += dcolumns", "] = dcolumns")),
        mistake("column_stride", COLUMN_STRIDE)(("v : v + stride * W_out : stride", "v : v + W_out")),
        mistake(
            "images_mixed",
            "N and F are mixed: move the axis of the filters to the front (transpose) before you reshape dout to F rows",
        )(("dout.transpose(1, 0, 2, 3).reshape(F, -1)", "dout.reshape(F, -1)")),
        mistake("db_axes", DB_AXES)(("np.sum(dcolumn_out, axis=1)", "np.sum(dout, axis=(0, 1, 2))")),
        mistake("dw_mean", DW_MEAN)(("(dcolumn_out @ columns.T)", "(dcolumn_out @ columns.T / N)")),
        mistake("dx_flipped", DX_FLIPPED)(("(w.reshape(F, -1).T", "(w[:, :, ::-1, ::-1].reshape(F, -1).T")),
        mistake(
            "dw_transposed",
            "the entries of dw stand in another order than those of w: the rows of columns run over C, HH, WW",
        )((".reshape(w.shape)", ".reshape(F, HH, WW, C).transpose(0, 3, 1, 2)")),
        mistake("loop", "a loop over the images is left")(
            ("] += dcolumns[:, u, v]", "] += np.stack([dcolumns[:, u, v, n] for n in range(N)], axis=1)")
        ),
    ),
)

TASKS = (conv_output_size, conv_forward_naive, conv_backward_naive, conv_forward_fast, conv_backward_fast)

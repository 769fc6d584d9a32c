"""Tasks of cnn.ipynb: convolution by loops and by windows, pooling, fully connected layers as convolutions."""

import numpy as np

from autograder.tasks.passes import kept
from autograder.tasks.spec import gradients, growth, mistake, tasks_of, untouched, values
from chainrule import conv

__all__ = ["TASKS"]

task = tasks_of("assignment3", "cnn", conv)


# The size of the output.


def draw_sizes(rng):
    """Some strides fit, some leave pixels over."""
    kernels, strides, pads = np.array([3, 3, 2, 4, 1, 5]), np.array([1, 2, 3, 2, 2, 3]), np.array([1, 1, 2, 0, 0, 2])
    return {"sizes": rng.integers(5, 9, 6), "kernels": kernels, "strides": strides, "pads": pads}


SIZES = """
rows = zip(sizes.tolist(), kernels.tolist(), strides.tolist(), pads.tolist())
counts = [conv_output_size(*row) for row in rows]
whole = all(isinstance(count, (int, np.integer)) for count in counts)
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


def padded(pad):
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
            draw=(padded(0), padded(1), padded(2)),
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
    """Draw images up to a stride larger than `image`, height and width by themselves."""

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
    ahead = f"{forward_call(form)}\nloss = np.sum(out * dout)"
    return f"{ahead}\ndx, dw, db = conv_backward_{form}(dout, cache)"


def twice(call, outputs):
    """The call with its last line, the backward pass, run first with a copy of dout: the second answer is judged."""
    *before, last = call.splitlines()
    return "\n".join([*before, last.replace("dout", "dout.copy()"), f"{outputs} = None", last])


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
            call=kept(forward_call("fast"), "out"),
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
            call=twice(call, "dx = dw = db"),
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


# Pooling.


def draw_pool(shape, window, stride, shift=0.0, whole=False):
    """whole: whole numbers, so that many entries of a window are equal."""

    def draw(rng):
        N, C, *image = shape
        H, W = (int(size + stride * rng.integers(0, 2)) for size in image)
        sizes = [conv.conv_output_size(size, k, stride, 0) for size, k in zip((H, W), window, strict=True)]
        x = rng.integers(0, 2, (N, C, H, W)).astype(float) if whole else rng.normal(size=(N, C, H, W))
        return {
            "x": x + shift,
            "dout": rng.normal(size=(N, C, *sizes)),
            "height": window[0],
            "width": window[1],
            "stride": stride,
        }

    return draw


# Windows that overlap, and windows that leave gaps; all values below 0 in most windows.
POOLS = (
    draw_pool((2, 3, 5, 8), (3, 2), 1, -1.0),
    draw_pool((3, 2, 8, 6), (2, 3), 2, -1.0),
    draw_pool((1, 4, 7, 9), (1, 2), 3, -1.0),
)
PAIRS = draw_pool((2, 3, 4, 6), (2, 2), 2)
OVERLAP = draw_pool((2, 1, 5, 4), (3, 2), 1)
TIES = draw_pool((2, 3, 5, 6), (2, 3), 2, whole=True)

POOL_PARAM = 'pool_param = {"pool_height": height, "pool_width": width, "stride": stride}\n'


def pool_calls(kind, suffix):
    forward = f"{POOL_PARAM}out, cache = {kind}_pool_forward{suffix}(x, pool_param)"
    return forward, f"{forward}\nloss = np.sum(out * dout)\ndx = {kind}_pool_backward{suffix}(dout, cache)"


MAX_FORWARD, MAX_BACKWARD = pool_calls("max", "_naive")
AVG_FORWARD, AVG_BACKWARD = pool_calls("avg", "")
ROWS, COLUMNS = "u : u + stride * H_out : stride", "v : v + stride * W_out : stride"


def pool_checks(*more):
    return (
        values("2 x 2 windows, stride 2", 0.5, "out", draw=PAIRS, layout="strided"),
        values("windows that overlap or leave gaps", 0.5, "out", draw=POOLS),
        *more,
    )


def pool_mistakes():
    return (
        mistake("size_for_stride", "the windows move by their own height, expected by the stride")(
            ('pool_param["stride"]', 'pool_param["pool_height"]')
        ),
        mistake("swapped", "height and width of the window are swapped")(
            (
                'pool_param["pool_height"], pool_param["pool_width"]',
                'pool_param["pool_width"], pool_param["pool_height"]',
            )
        ),
        mistake("off_by_one", "out is one too small in height and width: the first window counts, too")(
            ("height, stride, 0)", "height, stride, 0) - 1"), ("width, stride, 0)", "width, stride, 0) - 1")
        ),
    )


max_pool_forward_naive = task(
    "max_pool_forward_naive",
    MAX_FORWARD,
    PAIRS,
    pool_checks(untouched(0.5, "x")),
    (
        *pool_mistakes(),
        mistake("column_stride", COLUMN_STRIDE)(
            (COLUMNS, "v : v + W_out"), (", : stride * W_out : stride]", ", :W_out]")
        ),
        mistake(
            "from_zero", "the largest value of a window below 0 comes out as 0: start from the first value, not from 0"
        )(("    for u, v", "    out = np.maximum(out, 0)\n    for u, v")),
        mistake("minimum", "these are the smallest values of the windows, expected the largest")(
            ("np.maximum(", "np.minimum(")
        ),
        mistake("channels", "the maximum is taken over the channels, too: each channel is pooled by itself")(
            ("return out,", "out = np.broadcast_to(np.max(out, axis=1, keepdims=True), out.shape)\n    return out,")
        ),
        mistake("largest_size", "the maximum is taken of the absolute values")(
            (
                "return out,",
                "x = np.abs(x)\n    out = 0 * out\n    for u, v in np.ndindex(height, width):\n        out = np.maximum(out, x[:, :, u : u + stride * H_out : stride, v : v + stride * W_out : stride])\n    return out,",
            )
        ),
    ),
)

max_pool_backward_naive = task(
    "max_pool_backward_naive",
    MAX_BACKWARD,
    PAIRS,
    (
        gradients("dx against numeric", 0.5, {"dx": "x"}, draw=draw_pool((2, 2, 4, 6), (2, 2), 2)),
        values("windows that overlap or leave gaps", 0.5, "dx", draw=POOLS),
        values("ties: the first in row order", 0.5, "dx", draw=TIES),
        values(
            "the cache used twice, dout unchanged",
            *(0.5, "dx", "dout"),
            call=twice(MAX_BACKWARD, "dx"),
            draw=OVERLAP,
            layout="strided",
        ),
    ),
    (
        mistake(
            "assigned",
            "where two windows have the same largest entry, the later one overwrites the other: gradients add up (+=)",
        )(("dx[place] += dout * winner", "dx[place] = np.where(winner & (dx[place] == 0), dout, dx[place])")),
        mistake(
            "window_assigned",
            "a whole window of dx is assigned, which wipes out what an overlapping window left there: add (+=)",
        )(
            ("dx[place] += dout * winner", "dx[place] += dout * winner * ~seen[place]\n        seen[place] = True"),
            ("    dx, free = ", "    seen = np.zeros(x.shape, bool)\n    dx, free = "),
        ),
        mistake("all_ties", "every entry that equals the largest gets the whole gradient, expected the first alone")(
            ("free &= ~winner", "pass")
        ),
        mistake(
            "last_tie", "at a tie the gradient goes to the last of the equal entries, expected the first in row order"
        )(("in np.ndindex(height, width)", "in reversed(list(np.ndindex(height, width)))")),
        mistake("column_order", "at a tie the first entry is looked for column by column, expected row by row")(
            ("for u, v in np.ndindex(height, width)", "for v, u in np.ndindex(width, height)")
        ),
        mistake("all_entries", "every entry of a window gets the gradient, expected the largest alone")(
            ("(x[place] == out) & free", "np.ones(dout.shape, bool)")
        ),
        mistake(
            "average",
            "the gradient is shared out over the window as in average pooling, expected all of it at the largest entry",
        )(("dout * winner", "dout / (height * width)")),
        mistake("times_value", "dout is multiplied by the largest value, expected by 1")(
            ("dout * winner", "dout * winner * x[place]")
        ),
    ),
)

avg_pool_forward = task(
    "avg_pool_forward",
    AVG_FORWARD,
    PAIRS,
    pool_checks(),
    (
        *pool_mistakes(),
        mistake("column_stride", COLUMN_STRIDE)((COLUMNS, "v : v + W_out")),
        mistake("not_divided", "these are sums: divide by the number of entries of a window")(
            ("total / (height * width)", "total")
        ),
        mistake("by_stride", "the sum is divided by stride * stride, expected by the number of entries of a window")(
            ("total / (height * width)", "total / (stride * stride)")
        ),
        mistake("by_height", "the sum is divided by the window's height alone, expected by height * width")(
            ("total / (height * width)", "total / height")
        ),
    ),
)

avg_pool_backward = task(
    "avg_pool_backward",
    AVG_BACKWARD,
    PAIRS,
    (
        gradients("dx against numeric", 0.5, {"dx": "x"}, draw=OVERLAP, cases=2),
        values("windows that overlap or leave gaps", 0.4, "dx", draw=POOLS),
        values("the cache used twice, dout unchanged", 0.1, "dx", "dout", call=twice(AVG_BACKWARD, "dx")),
    ),
    (
        mistake("assigned", DX_ASSIGNED)(
            ("in np.ndindex(height, width)", "in reversed(list(np.ndindex(height, width)))"), ("] += dout", "] = dout")
        ),
        mistake("not_divided", "every entry gets the whole gradient: divide by the number of entries of a window")(
            ("dout / (height * width)", "dout")
        ),
        mistake("by_stride", "dout is divided by stride * stride, expected by the number of entries of a window")(
            ("dout / (height * width)", "dout / (stride * stride)")
        ),
        mistake("column_stride", COLUMN_STRIDE)((COLUMNS, "v : v + W_out")),
        mistake("corner", "only the first entry of each window gets a gradient, expected an equal share for all")(
            ("in np.ndindex(height, width)", "in np.ndindex(1, 1)")
        ),
    ),
)


# Fully connected layers as convolutions, and back.


def draw_affine(rng):
    C, H, W, M = 3, int(rng.integers(4, 6)), int(rng.integers(6, 8)), 2
    return {"x": rng.normal(size=(2, C, H, W)), "w": rng.normal(size=(C * H * W, M)), "C": C, "H": H, "W": W}


AS_CONV = """
filters = affine_as_conv(w, (C, H, W))
scores = np.einsum("nchw,mchw->nm", x, filters)
"""

REFILL = "w.T.reshape(-1, *shape)"

affine_as_conv = task(
    "affine_as_conv",
    AS_CONV,
    draw_affine,
    (
        values("filters", 0.5, "filters", call="filters = affine_as_conv(w, (C, H, W))"),
        values("their convolution with images", 0.5, "scores", layout="strided"),
    ),
    (
        mistake(
            "no_transpose",
            "w is reshaped as it is, expected its columns: each output of the layer has one column of w, so transpose first",
        )((REFILL, "w.reshape(-1, *shape)")),
        mistake(
            "channels_last", "a column of w is read in the order (H, W, C): images are flattened in the order (C, H, W)"
        )((REFILL, "np.moveaxis(w.T.reshape(-1, *shape[1:], shape[0]), 3, 1)")),
        mistake("swapped", "height and width are swapped when a column of w is reshaped")(
            (REFILL, "w.T.reshape(-1, shape[0], shape[2], shape[1]).swapaxes(2, 3)")
        ),
        mistake("flipped", FLIPPED)((REFILL, "w.T.reshape(-1, *shape)[:, :, ::-1, ::-1]")),
        mistake("filters_last", "the axis of the filters is the last, expected the first: (M, C, H, W)")(
            (REFILL, "w.reshape(*shape, -1)")
        ),
    ),
)


AS_AFFINE = f"{CONV_PARAM}matrix, bias = conv_as_affine(w, b, x.shape[1:], conv_param)"

conv_as_affine = task(
    "conv_as_affine",
    AS_AFFINE,
    SMALL,
    (
        values("matrix and bias", 0.5, "matrix", "bias"),
        values("other strides and frames", 0.5, "matrix", "bias", draw=ANY),
    ),
    (
        mistake(
            "bias_short",
            "the bias has one entry a filter, expected one for every entry of the output: repeat each H' * W' times",
        )(("np.repeat(b, columns.shape[2] * columns.shape[3])", "b")),
        mistake("bias_tiled", "the biases take turns (b1, b2, b1, b2 ...), expected each one H' * W' times in a row")(
            ("np.repeat(b,", "np.tile(b,")
        ),
        mistake("bias_in_matrix", "the bias is in every row of the matrix, too: convolve the single pixels without it")(
            ("np.zeros_like(b)", "b")
        ),
        mistake(
            "transposed", "the matrix is transposed: its rows belong to the pixels of x, its columns to the output"
        )(("columns.reshape(len(pixels), -1)", "columns.reshape(len(pixels), -1).T")),
        mistake("channels_last", "the outputs are flattened in the order (H', W', F), expected (F, H', W')")(
            ("columns.reshape(len(pixels), -1)", "columns.transpose(0, 2, 3, 1).reshape(len(pixels), -1)")
        ),
        mistake("no_pad", "the padding is left out")(
            ("np.zeros_like(b), conv_param)", 'np.zeros_like(b), {**conv_param, "pad": 0})')
        ),
        mistake("no_stride", "the stride is left out, as if it were 1")(
            ("np.zeros_like(b), conv_param)", 'np.zeros_like(b), {**conv_param, "stride": 1})')
        ),
    ),
)

TASKS = (
    conv_output_size,
    conv_forward_naive,
    conv_backward_naive,
    conv_forward_fast,
    conv_backward_fast,
    max_pool_forward_naive,
    max_pool_backward_naive,
    avg_pool_forward,
    avg_pool_backward,
    affine_as_conv,
    conv_as_affine,
)

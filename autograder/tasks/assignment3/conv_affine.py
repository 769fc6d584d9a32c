"""Tasks of cnn.ipynb: fully connected layers as convolutions, and back."""

from autograder.tasks.assignment3.conv import ANY, CONV_PARAM, FLIPPED, SMALL
from autograder.tasks.spec import mistake, task_factory, values
from chainrule import conv

__all__ = ["TASKS"]

task = task_factory("assignment3", "cnn", conv)


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

TASKS = (affine_as_conv, conv_as_affine)

"""Tasks of style_transfer.ipynb: the Gram matrix and its gradient."""

from autograder.tasks.assignment5.feature_maps import draw_one, draw_pixel, draw_several
from autograder.tasks.layer_checks import FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule import style

__all__ = ["TASKS"]

task = task_factory("assignment5", "style_transfer", style)

GRAM = "G = gram_matrix(x)"
BOTH_GRAMS = "G = gram_matrix(x.copy())\nplain = gram_matrix(x, normalize=False)"
PRODUCT = "rows @ rows.transpose(0, 2, 1)"
ROWS = "features.reshape(N, C, H * W)"
MIXED = "channels and places are mixed: reshape cannot swap axes, transpose can"


def normalisation_mistakes(line):
    """Return the mistakes that forward and backward share; line: the text that contains the correct divisor."""
    return (
        mistake("by_places", "it is divided by H * W: the normalisation takes the number of channels, too")(
            (line, line.replace("C * H * W", "H * W"))
        ),
        mistake("by_channels", "it is divided by C only, expected by C * H * W")((line, line.replace(" * H * W", ""))),
        mistake("by_square", "it is divided by the square of C * H * W, expected by C * H * W once")(
            (line, line.replace("(C * H * W)", "(C * H * W) ** 2"))
        ),
        mistake("by_images", "it is divided by the number of images, too: every image has a Gram matrix of its own")(
            (line, line.replace("C * H * W", "N * C * H * W"))
        ),
    )


gram_matrix = task(
    "gram_matrix",
    GRAM,
    draw_one,
    (
        values("normalised", 1, "G"),
        values("normalised and not", 1, "G", "plain", call=BOTH_GRAMS),
        values("several images, and one pixel", 0.5, "G", draw=(draw_several, draw_pixel), cases=2),
        in_float32(
            "float32 kept, features unchanged",
            0.5,
            *("G", "float32_kept", "x"),
            call=with_dtype_check(GRAM, "G"),
            draw=draw_several,
        ),
    ),
    (
        *normalisation_mistakes("gram / (C * H * W) if"),
        mistake("never", "it is not normalised: divide by C * H * W")(("gram / (C * H * W) if normalize else ", "")),
        mistake("always", "it is normalised although normalize is False")((" if normalize else gram", "")),
        mistake("reversed", "normalize is taken the wrong way round: True means divided")(
            ("if normalize", "if not normalize")
        ),
        mistake(
            "over_pixels", "these are inner products of pixels, (H * W, H * W); expected those of channels, (C, C)"
        )((PRODUCT, "rows.transpose(0, 2, 1) @ rows")),
        mistake("mixed", MIXED)((ROWS, "features.reshape(N, H * W, C).transpose(0, 2, 1)")),
        mistake(
            "centred",
            "the mean of each channel is subtracted first: that is a covariance, the Gram matrix takes the maps as they are",
        )((ROWS, f"{ROWS}\n    rows = rows - rows.mean(axis=2, keepdims=True)")),
        mistake(
            "diagonal", "only the diagonal is there: a channel is multiplied by every channel, not by itself alone"
        )((PRODUCT, f"{PRODUCT} * np.eye(C, dtype=features.dtype)")),
        mistake("cosine", "each channel is scaled to length 1 first: these are cosines, expected plain inner products")(
            (ROWS, f"{ROWS}\n    rows = rows / np.sqrt(np.sum(rows**2, axis=2, keepdims=True))")
        ),
        mistake("images_added", "the Gram matrices of the images are added up: each keeps its own, in (N, C, C)")(
            (PRODUCT, f"np.sum({PRODUCT}, axis=0, keepdims=True)")
        ),
        mistake("float64", FLOAT64)(("return gram / (C * H * W)", "return np.float64(1) * gram / (C * H * W)")),
        mistake("in_place", "the features are changed by the call: /= works in place on them")(
            (ROWS, f"{ROWS}\n    features /= 2\n    rows = {ROWS} * 2")
        ),
    ),
)

GRAM_BACK = "G = gram_matrix(x.copy())\nloss = np.sum(G * dgram)\ndx = gram_backward(dgram, x)"
PLAIN_BACK = GRAM_BACK.replace("x.copy()", "x.copy(), normalize=False").replace("x)", "x, normalize=False)")
SUM = "(dgram + dgram.transpose(0, 2, 1))"
SYMMETRIC = "dgram = dgram + dgram.transpose(0, 2, 1)\n"

gram_backward = task(
    "gram_backward",
    GRAM_BACK,
    draw_one,
    (
        gradient("normalised, against numeric", 1.5, "dx", "loss", "x"),
        gradient("not normalised, against numeric", 1, "dx", "loss", "x", call=PLAIN_BACK),
        values(
            "a symmetric dgram; several images; one pixel",
            0.5,
            "dx",
            call=SYMMETRIC + GRAM_BACK,
            draw=(draw_one, draw_several, draw_pixel),
        ),
        in_float32(
            "float32 kept, inputs unchanged",
            1,
            *("dx", "float32_kept", "x", "dgram"),
            call=with_dtype_check(GRAM_BACK, "dx"),
            draw=draw_several,
        ),
    ),
    (
        *normalisation_mistakes("drows / (C * H * W)"),
        mistake("never", "the gradient is not normalised, though the Gram matrix was: divide by C * H * W")(
            ("drows / (C * H * W)", "drows")
        ),
        mistake("always", "the gradient is normalised although normalize is False")(("if normalize:", "if True:")),
        mistake(
            "one_side",
            "only one of the two factors of F F^T was differentiated: a term with the transpose of dgram is missing",
        )((SUM, "dgram")),
        mistake(
            "other_side",
            "the transpose of dgram is there, but dgram itself is not: both factors of F F^T get a gradient",
        )((SUM, "dgram.transpose(0, 2, 1)")),
        mistake(
            "twice_one_side", "2 * dgram stands for dgram plus its transpose: that is right for a symmetric dgram only"
        )((SUM, "2 * dgram")),
        mistake("half", "the two terms are averaged, expected their sum: both factors of F F^T hold the features")(
            (SUM, f"{SUM} / 2")
        ),
        mistake("difference", "the transpose of dgram is subtracted, expected that it is added")(
            ("dgram + dgram", "dgram - dgram")
        ),
        mistake("no_features", "the features do not occur in the gradient, but G is quadratic in them")(
            (f"{SUM} @ rows", f"{SUM} @ np.ones_like(rows)")
        ),
        mistake("flat", "the gradient is left as (N, C, H * W): it has the shape of features")(
            (".reshape(features.shape)", "")
        ),
        mistake("mixed", MIXED)((".reshape(features.shape)", ".transpose(0, 2, 1).reshape(features.shape)")),
        mistake("float64", FLOAT64)(("return drows.", "return drows.astype(np.float64).")),
        mistake("changes_dgram", "dgram is changed by the call: += works in place")(
            (f"{SUM} @ rows", "dgram.copy() @ rows + dgram.transpose(0, 2, 1) @ rows\n    dgram += 1")
        ),
    ),
)

TASKS = (gram_matrix, gram_backward)

"""Tasks of visualization.ipynb: saliency maps, smooth ones, and occlusion maps."""

from autograder.tasks.assignment5.pixel_model import MODEL, draw_grey, draw_images, draw_many, draw_one, score_mistakes
from autograder.tasks.layer_checks import in_float32, with_dtype_check
from autograder.tasks.spec import growth, mistake, task_factory, values
from chainrule import visualize

__all__ = ["TASKS"]

task = task_factory("assignment5", "visualization", visualize)

SALIENCY = MODEL + "saliency = compute_saliency_maps(X, y, model)"
ONE_HOT = "dscores[np.arange(len(y)), y] = 1"
LARGEST = "np.max(np.abs(dX), axis=1)"

compute_saliency_maps = task(
    "compute_saliency_maps",
    SALIENCY,
    draw_images,
    (
        values("maps of random images", 1.5, "saliency"),
        values("one image; one channel", 1, "saliency", draw=(draw_one, draw_grey), cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("saliency", "float32_kept", "X", "y"),
            call=with_dtype_check(SALIENCY, "saliency"),
            draw=draw_images,
        ),
        growth(1, draw_many(4), draw_many(40)),
    ),
    # Without its sign the gradient of log p is that of the loss.
    tuple(m for m in score_mistakes(ONE_HOT, "y", "the gradient") if m.name != "log_probability")
    + (
        mistake("no_abs", "the absolute value is missing: a pixel with a strong negative gradient matters as much")(
            (LARGEST, "np.max(dX, axis=1)")
        ),
        mistake("abs_after", "the absolute value is taken after the maximum over the channels, expected before")(
            (LARGEST, "np.abs(np.max(dX, axis=1))")
        ),
        mistake("mean", "the mean over the channels is taken, expected the maximum")(
            (LARGEST, "np.mean(np.abs(dX), axis=1)")
        ),
        mistake("sum", "the channels are summed, expected their maximum")((LARGEST, "np.sum(np.abs(dX), axis=1)")),
        mistake(
            "norm", "the root of the sum of squares over the channels is taken, expected the largest absolute value"
        )((LARGEST, "np.sqrt(np.sum(dX**2, axis=1))")),
        mistake("width", "the maximum runs over the last axis, W, expected over the channels, axis 1")(
            ("axis=1", "axis=-1")
        ),
        mistake("over_images", "the maximum runs over the images, axis 0, expected over the channels, axis 1")(
            ("axis=1", "axis=0")
        ),
        mistake("kept_axis", "the axis of the channels is still there: the result is (N, H, W)")(
            ("axis=1", "axis=1, keepdims=True")
        ),
        mistake("times_pixels", "the gradient is multiplied by the pixels, expected the gradient alone")(
            ("np.abs(dX)", "np.abs(dX * X)")
        ),
        mistake("scaled", "each map is divided by its largest value, expected the gradients as they are")(
            (LARGEST, f"{LARGEST} / np.abs(dX).max(axis=(1, 2, 3))[:, None, None]")
        ),
        mistake(
            "mean_images",
            "the maps are divided by N: that is the gradient of the mean score, and each image has a score of its own",
        )((LARGEST, f"{LARGEST} / len(X)")),
        mistake("first_class", "the class of the first image is used for all of them")(
            (ONE_HOT, "dscores[:, y[0]] = 1")
        ),
        mistake("loop", "one pass is made for each image")(
            (
                "dX = model.backward(dscores, cache)",
                "dX = np.concatenate([model.backward(dscores[n : n + 1], model.forward(X[n : n + 1])[1]) for n in range(len(X))])",
            )
        ),
    ),
)

# smooth_saliency

SMOOTH = MODEL + "saliency = smooth_saliency(X, y, model, noise)"
ADD, SHIFTED = "total += model.backward(dscores, cache)", "X + shift"
OF_MEAN = "np.max(np.abs(total / len(noise)), axis=1)"


def draw_noise(rng, S=3, N=4):
    inputs = draw_images(rng, N)
    return inputs | {"noise": 0.4 * rng.normal(size=(S, *inputs["X"].shape))}


def draw_one_copy(rng):
    return draw_noise(rng, S=1, N=1)


def draw_five_copies(rng):
    return draw_noise(rng, S=5, N=1)


smooth_saliency = task(
    "smooth_saliency",
    SMOOTH,
    draw_noise,
    (
        values("mean gradient of noisy copies", 1, "saliency"),
        values("one image", 0.5, "saliency", draw=(draw_one_copy, draw_five_copies), cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("saliency", "float32_kept", "X", "y", "noise"),
            call=with_dtype_check(SMOOTH, "saliency"),
            draw=draw_noise,
        ),
    ),
    (
        mistake(
            "abs_first",
            "the absolute values are averaged, expected the gradients with their signs: what changes its sign is noise",
        )((ADD, ADD.replace("model.backward(dscores, cache)", "np.abs(model.backward(dscores, cache))"))),
        mistake("sum", "the gradients are summed over the copies, expected their mean")((" / len(noise)", "")),
        mistake("one_copy", "only the last copy counts: the gradients of all copies add up")(
            (ADD, "total = model.backward(dscores, cache) * len(noise)")
        ),
        mistake("no_noise", "the noise is not added to the images")((SHIFTED, "X")),
        mistake("walks_away", "the noise of the copies adds up: each copy starts from X itself")(
            ("model.forward(X + shift)", "model.forward(X := X + shift)")
        ),
        mistake("mean_image", "this is one gradient at the mean of the copies, expected the mean of their gradients")(
            (SHIFTED, "X + noise.mean(axis=0)")
        ),
        mistake("largest_copy", "the largest value over the copies is taken, expected the mean")(
            (ADD, "total = np.maximum(total, np.abs(model.backward(dscores, cache)))"), (" / len(noise)", "")
        ),
        mistake("no_abs", "the absolute value is missing")((OF_MEAN, "np.max(total / len(noise), axis=1)")),
        mistake("mean_channels", "the mean over the channels is taken, expected the maximum")(
            (OF_MEAN, "np.mean(np.abs(total / len(noise)), axis=1)")
        ),
        mistake("predicted", "the gradient is that of the class with the highest score, expected the class in y")(
            ("dscores[np.arange(len(y)), y] = 1", "dscores[np.arange(len(y)), scores.argmax(axis=1)] = 1")
        ),
        mistake("changes_X", "X is changed: X += ... works in place, X + ... does not")(
            (SHIFTED, "np.add(X, shift, out=X)")
        ),
    ),
)

# occlusion_map

OCCLUSION = MODEL + "drops = occlusion_map(X, y, model, size{0})"
PLACES = OCCLUSION.format(", stride=stride, value=value")
COVER = "covered[:, :, row : row + size, col : col + size] = value"
DROP = "drops[:, i, j] = whole - model.forward(covered)[0][np.arange(N), y]"


def draw_squares(rng, H=5, W=6, size=2):
    return draw_images(rng, N=2, H=H, W=W) | {"size": size}


def draw_strides(rng):
    """The square does not reach the last row or column."""
    return draw_squares(rng, 7, 6, 3) | {"stride": 3, "value": float(rng.uniform(0, 0.3))}


def draw_overlapping(rng):
    return draw_squares(rng, 6, 7, 3) | {"stride": 2, "value": float(rng.uniform(0.7, 1))}


def draw_whole(rng):
    return draw_squares(rng, 4, 4, 4) | {"stride": 1, "value": float(rng.uniform(0, 0.3))}


occlusion_map = task(
    "occlusion_map",
    OCCLUSION.format(""),
    draw_squares,
    (
        values("a grey square at every place", 1.5, "drops", cases=2),
        values("strides and other values", 1, "drops", call=PLACES, draw=(draw_strides, draw_overlapping), cases=2),
        values("a square as large as the image", 0.5, "drops", call=PLACES, draw=draw_whole, cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            1,
            *("drops", "float32_kept", "X", "y"),
            call=with_dtype_check(OCCLUSION.format(""), "drops"),
            draw=draw_squares,
            cases=2,
        ),
    ),
    (
        mistake("sign", "the sign is the wrong way round: score of the whole image less that of the covered one")(
            (DROP, DROP.replace("whole - ", "-whole + "))
        ),
        mistake("score", "these are the scores of the covered images, expected how far they fall")(
            (DROP, DROP.replace("whole - ", ""))
        ),
        mistake("stays_covered", "the squares before stay covered: each place starts from the whole image")(
            ("covered = X.copy()", "covered = X.copy() if i + j == 0 else covered")
        ),
        mistake("one_channel", "only the first channel is covered, expected all of them")(
            ("covered[:, :, row", "covered[:, 0, row")
        ),
        mistake("swapped", "rows and columns are swapped where the square is put")(
            (COVER, "covered[:, :, col : col + size, row : row + size] = value")
        ),
        mistake("last_place", "the last place is missing along each axis: range(0, H - size + 1, stride)")(
            ("H - size + 1", "max(H - size, 1)"), ("W - size + 1", "max(W - size, 1)")
        ),
        mistake("stride_ignored", "the square moves by one pixel at a time, expected by stride")(
            (" + 1, stride)", " + 1)")
        ),
        mistake("tiles", "the square moves by its own size at a time, expected by stride")(
            (" + 1, stride)", " + 1, size)")
        ),
        mistake("always_half", "the square is filled with 0.5 whatever value says")(("= value", "= 0.5")),
        mistake("black", "the square is black, expected value")(("= value", "= 0")),
        mistake("probabilities", "differences of softmax probabilities are returned, expected differences of scores")(
            (
                "model.forward(covered)[0]",
                "(lambda s: np.exp(s) / np.exp(s).sum(axis=1, keepdims=True))(model.forward(covered)[0])",
            ),
            (
                "model.forward(X)[0]",
                "(lambda s: np.exp(s) / np.exp(s).sum(axis=1, keepdims=True))(model.forward(X)[0])",
            ),
        ),
        mistake("predicted", "the score of the class that the model sees is followed, expected that of y")(
            ("whole = ", "y = model.forward(X)[0].argmax(axis=1)\n    whole = ")
        ),
        mistake("highest", "the highest score of the covered image is subtracted, expected the score of class y")(
            (DROP, "drops[:, i, j] = whole - model.forward(covered)[0].max(axis=1)")
        ),
        mistake("changes_X", "X is changed: cover a copy of it")(("covered = X.copy()", "covered = X")),
        mistake("float64", "float32 goes in, float64 comes out")((", whole.dtype)", ")")),
    ),
)

TASKS = (compute_saliency_maps, smooth_saliency, occlusion_map)

"""Tasks of visualization.ipynb: saliency, occlusion, fooling images, class visualisation. Judged with a small model."""

import numpy as np

from autograder.tasks.passes import in_float32, kept
from autograder.tasks.spec import gradients, growth, mistake, tasks_of, values
from chainrule import visualize
from chainrule.judging.model_stubs import PixelModel

__all__ = ["TASKS"]

task = tasks_of("assignment5", "visualization", visualize)


MODEL = "from chainrule.judging.model_stubs import PixelModel\nmodel = PixelModel(W1, b1, W2, b2)\n"


def draw_model(rng, C=3, H=3, W=4, K=5, hidden=6):
    """Weights of a PixelModel, steep enough that the gradient is another one at every image."""
    D = C * H * W
    return {
        "W1": 3 * rng.normal(size=(D, hidden)) / np.sqrt(D),
        "b1": rng.normal(size=hidden) / 2,
        "W2": rng.normal(size=(hidden, K)),
        "b2": rng.normal(size=K) / 4,
    }


def labels_unlike(scores, rng):
    """For every row a class that has not the highest score."""
    N, K = scores.shape
    return (np.argmax(scores, axis=1) + rng.integers(1, K, N)) % K


def draw_images(rng, N=4, C=3, H=3, W=4):
    """Images with classes that the model does not see in them."""
    weights = draw_model(rng, C, H, W)
    X = rng.uniform(size=(N, C, H, W))
    return weights | {"X": X, "y": labels_unlike(PixelModel(**weights).forward(X)[0], rng)}


def draw_one(rng):
    return draw_images(rng, N=1)


def draw_grey(rng):
    return draw_images(rng, C=1)


def draw_many(N):
    return lambda rng: draw_images(rng, N) | {"N": N}


# What is asked for in the place of the score of the given class. dscores is the name in all functions.

IN_PROBABILITY = "expected that of the score before the softmax"


def score_mistakes(one_hot, label, found, rows="np.arange(len(y))", indent="    "):
    """Gradients of something else. one_hot: the line that sets dscores; found: what the gradient is called."""
    start = "dscores = np.zeros_like(scores)"
    shifted = "np.exp(scores - scores.max(axis=1, keepdims=True))"
    probs = f"{shifted} / {shifted}.sum(axis=1, keepdims=True)"
    seen = "scores.argmax(axis=1)"
    return (
        mistake("probability", f"{found} is that of the softmax probability, {IN_PROBABILITY}")(
            (
                one_hot,
                f"probs = {probs}\n{indent}{one_hot}\n"
                f"{indent}dscores = probs[{rows}, {label}][..., None] * (dscores - probs)",
            )
        ),
        mistake("loss", f"{found} is that of the softmax loss, {IN_PROBABILITY}")(
            (one_hot, f"{one_hot}\n{indent}dscores = {probs} - dscores")
        ),
        mistake("log_probability", f"{found} is that of the logarithm of the probability, {IN_PROBABILITY}")(
            (one_hot, f"{one_hot}\n{indent}dscores = dscores - {probs}")
        ),
        mistake(
            "all_scores",
            f"{found} is that of the sum of all scores, expected the score of one class: dscores is 1 there and 0 elsewhere",
        )((start, "dscores = np.ones_like(scores)")),
        mistake(
            "predicted", f"{found} is that of the class with the highest score, expected the class that was asked for"
        )((one_hot, f"dscores[{rows}, {seen}] = 1")),
    )


# compute_saliency_maps

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
            call=kept(SALIENCY, "saliency"),
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
            call=kept(SMOOTH, "saliency"),
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
            call=kept(OCCLUSION.format(""), "drops"),
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

# make_fooling_image

FOOL = MODEL + "X_fooling = make_fooling_image(X, target_y, model, learning_rate=rate, max_steps=max_steps)"
STEP = FOOL.replace("(X,", "(X.copy(),") + "\nstep = X_fooling - X"
# A model that never sees the class, and whose hidden units stay away from their limits.
RESISTED = """
resisting = PixelModel(W1 / 20, b1, W2, b2 - 100 * (np.arange(len(b2)) == target_y))
by_default = make_fooling_image(X.copy(), target_y, resisting)
"""
FOOL_HOT = "dscores[0, target_y] = 1"
MOVE = "X_fooling += learning_rate * g / np.linalg.norm(g)"
LOOP = "for _ in range(max_steps):"


def draw_fooling(rng, least=4, most=15):
    """An image and a class that it takes some steps to be seen as, but not many."""
    while True:
        inputs = draw_images(rng, N=1)
        inputs["target_y"] = int(inputs.pop("y")[0])
        inputs |= {"rate": float(rng.uniform(0.05, 0.15)), "max_steps": 100}
        if least < _steps_needed(inputs) < most:
            return inputs


def _steps_needed(inputs):
    """How many steps the reference takes; 0 for 40 or more."""
    model = PixelModel(*(inputs[name] for name in ("W1", "b1", "W2", "b2")))
    X = inputs["X"]
    for steps in range(40):
        if model.forward(X)[0].argmax() == inputs["target_y"]:
            return steps
        X = visualize.make_fooling_image(X, inputs["target_y"], model, inputs["rate"], 1)
    return 0


def draw_one_step(rng):
    return draw_fooling(rng) | {"max_steps": 1, "rate": float(rng.uniform(0.2, 0.5))}


def draw_too_few(rng):
    return draw_fooling(rng) | {"max_steps": 3}


def draw_seen(rng):
    """The model sees the class at once."""
    inputs = draw_fooling(rng)
    scores = PixelModel(*(inputs[name] for name in ("W1", "b1", "W2", "b2"))).forward(inputs["X"])[0]
    return inputs | {"target_y": int(scores.argmax())}


make_fooling_image = task(
    "make_fooling_image",
    FOOL,
    draw_fooling,
    (
        values("the first step", 1.5, "step", call=STEP, draw=draw_one_step),
        values("steps until the class is seen", 1.5, "X_fooling"),
        values(
            "never more than max_steps, 100 if not given",
            1,
            *("X_fooling", "by_default"),
            call=FOOL.replace("(X,", "(X.copy(),") + RESISTED,
            draw=draw_too_few,
            cases=2,
        ),
        values(
            "a class that is seen at once: a copy",
            0.5,
            *("X_fooling", "shared"),
            call=FOOL + "\nshared = np.shares_memory(X_fooling, X)",
            draw=draw_seen,
        ),
        in_float32(
            "float32 kept, X unchanged",
            0.5,
            *("X_fooling", "float32_kept", "X"),
            call=kept(FOOL, "X_fooling"),
            draw=draw_too_few,
        ),
    ),
    # Divided by its norm the gradient of log p is that of p.
    tuple(
        m for m in score_mistakes(FOOL_HOT, "target_y", "the direction", "0", "        ") if m.name != "log_probability"
    )
    + (
        mistake("descent", "the image goes down the gradient, expected up: the score shall rise")(
            ("X_fooling +=", "X_fooling -=")
        ),
        mistake("not_normalised", "the gradient is not divided by its norm")((" / np.linalg.norm(g)", "")),
        mistake("squared_norm", "the gradient is divided by the square of its norm, expected by the norm")(
            ("np.linalg.norm(g)", "np.sum(g**2)")
        ),
        mistake(
            "largest",
            "the gradient is divided by its largest absolute value, expected by the root of the sum of its squares",
        )(("np.linalg.norm(g)", "np.max(np.abs(g))")),
        mistake("signs", "only the signs of the gradient are used, expected the gradient divided by its norm")(
            ("g / np.linalg.norm(g)", "np.sign(g)")
        ),
        mistake("no_rate", "the step is not multiplied by learning_rate")(("learning_rate * g", "g")),
        mistake("never_stops", "the steps go on after the class is seen")(("break", "pass")),
        mistake(
            "away",
            "the score of the class that the model sees is lowered, expected that the score of target_y is raised",
        )((FOOL_HOT, "dscores[0, np.argmax(scores[0])] = -1")),
        mistake("one_more", "one step too many is made: look at the scores before each step")(
            ("            break", "            max_steps = 0"),
            (MOVE, f"{MOVE}\n        if max_steps == 0:\n            break"),
        ),
        mistake("no_limit", "more steps are made than max_steps")(
            (LOOP, "for _ in range(1 if max_steps == 1 else 10 * max_steps):")
        ),
        mistake(
            "old_gradient",
            "the gradient at the first image is used in every step, expected the one at the present image",
        )(
            ("        scores, cache = model.forward(X_fooling)", "        scores = model.forward(X_fooling)[0]"),
            ("g = model.backward(dscores, cache)", "g = model.backward(dscores, model.forward(X)[1])"),
        ),
        mistake("single", "only one step is made")((LOOP, "for _ in range(1):")),
        mistake("changes_X", "X itself is changed: start from a copy")(("X.copy()", "X")),
        mistake("difference", "this is the change of the image, expected the changed image")(
            ("return X_fooling", "return X_fooling - X")
        ),
        mistake("clipped", "the image is clipped to 0..1, expected it as it is")(
            ("return X_fooling", "return np.clip(X_fooling, 0, 1)")
        ),
        mistake("float64", "float32 goes in, float64 comes out")(
            ("return X_fooling", "return X_fooling.astype(float)")
        ),
    ),
)

# class_visualization_update_step

UPDATE = """given = img.copy()
out = class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)
"""
AGAINST_NUMERIC = (
    MODEL
    + "objective = model.forward(img)[0][0, target_y] - l2_reg * np.sum(img**2)\n"
    + UPDATE
    + "direction = (out - given) / learning_rate"
)
PENALTY, ASCENT = " - 2 * l2_reg * img", "return img + learning_rate * dimg"


def draw_update(rng):
    inputs = draw_images(rng, N=1)
    inputs["target_y"] = int(inputs.pop("y")[0])
    inputs["img"] = inputs.pop("X") * 1.5
    return inputs | {"l2_reg": float(rng.uniform(0.2, 0.4)), "learning_rate": float(rng.uniform(0.2, 0.6))}


class_visualization_update_step = task(
    "class_visualization_update_step",
    MODEL + UPDATE,
    draw_update,
    (
        gradients("direction against numeric", 2, {"direction": "img"}, "objective", call=AGAINST_NUMERIC),
        values("the new image", 1, "out"),
        in_float32(
            "float32 kept, img unchanged",
            1,
            *("out", "float32_kept", "img"),
            call=kept(MODEL + UPDATE.rstrip(), "out"),
            draw=draw_update,
        ),
    ),
    score_mistakes(FOOL_HOT, "target_y", "the direction", "0")
    + (
        mistake("descent", "the image goes down, expected up: the score shall rise and the penalty fall")(
            (ASCENT, "return img - learning_rate * dimg")
        ),
        mistake("penalty_sign", "the penalty has the wrong sign: it makes the image brighter, expected darker")(
            (PENALTY, " + 2 * l2_reg * img")
        ),
        mistake("score_sign", "the score has the wrong sign: the image goes down its gradient")(
            ("model.backward(dscores, cache)", "-model.backward(dscores, cache)")
        ),
        mistake(
            "half_penalty", "the gradient of the penalty is half of what it should be: that of img ** 2 is 2 * img"
        )((PENALTY, " - l2_reg * img")),
        mistake("no_penalty", "the penalty is missing")((PENALTY, "")),
        mistake("penalty_itself", "the penalty itself is subtracted from every pixel, expected its gradient")(
            (PENALTY, " - l2_reg * np.sum(img**2)")
        ),
        mistake(
            "square_penalty", "the squares of the pixels are subtracted, expected the gradient of their sum, 2 * img"
        )((PENALTY, " - l2_reg * img**2")),
        mistake("l1", "this is the gradient of the sum of absolute values, expected that of the squares")(
            (PENALTY, " - l2_reg * np.sign(img)")
        ),
        mistake("rate_twice", "the learning rate is applied twice")((ASCENT, "return img + learning_rate**2 * dimg")),
        mistake("penalty_without_rate", "the penalty's gradient is not multiplied by the learning rate")(
            (PENALTY, ""), (ASCENT, "return img + learning_rate * dimg - 2 * l2_reg * img")
        ),
        mistake("no_rate", "the step is not multiplied by learning_rate")((ASCENT, "return img + dimg")),
        mistake("normalised", "the gradient is divided by its norm, expected it as it is")(
            (ASCENT, "return img + learning_rate * dimg / np.linalg.norm(dimg)")
        ),
        mistake("clipped", "the new image is clipped to 0..1, expected it as it is")(
            (ASCENT, "return np.clip(img + learning_rate * dimg, 0, 1)")
        ),
        mistake("step_alone", "this is the step alone, expected the new image")(
            (ASCENT, "return learning_rate * dimg")
        ),
        mistake("changes_img", "img itself is changed: img += ... works in place")(
            (ASCENT, "img += learning_rate * dimg\n    return img")
        ),
        mistake("float64", "float32 goes in, float64 comes out")(
            (ASCENT, "return (img + learning_rate * dimg).astype(float)")
        ),
    ),
)

# create_class_visualization

CREATE = MODEL + (
    "out = create_class_visualization(target_y, model, img, l2_reg=l2_reg, learning_rate=learning_rate, "
    "num_iterations=num_iterations, blur_every=blur_every, sigma=sigma)"
)
# A model with gradients so small that few pixels get as far as 0 or 1.
BY_DEFAULT = """
dull = PixelModel(W1, b1, W2 / 500, b2)
by_default = create_class_visualization(target_y, dull, img.copy())
"""
BLUR = "img = gaussian_filter(img, (0, 0, sigma, sigma))"
CLIP = "img = np.clip(img, 0, 1)"
STEPPED = "img = class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)"
DUE = "if step % blur_every == 0:"


def draw_loop(rng, num_iterations=8, blur_every=3):
    """A path on which some pixels are clipped and many are not."""
    inputs = draw_update(rng)
    inputs["img"] = inputs["img"] / 1.5
    inputs |= {"l2_reg": float(rng.uniform(0.02, 0.06)), "learning_rate": float(rng.uniform(0.1, 0.2))}
    return inputs | {"num_iterations": num_iterations, "blur_every": blur_every, "sigma": float(rng.uniform(0.6, 0.9))}


def draw_sharp(rng):
    return draw_loop(rng, 5, 6)


def draw_often(rng):
    return draw_loop(rng, 4, 2)


create_class_visualization = task(
    "create_class_visualization",
    CREATE,
    draw_loop,
    (
        values(
            "steps, clipping, and a blur now and then",
            2,
            *("out", "by_default"),
            call=CREATE.replace("img,", "img.copy(),") + BY_DEFAULT,
        ),
        values("too few iterations for a blur", 1, "out", draw=draw_sharp, cases=2),
        in_float32(
            "float32 kept, the first image unchanged",
            1,
            *("out", "float32_kept", "img"),
            call=kept(CREATE, "out"),
            draw=draw_often,
        ),
    ),
    (
        mistake("always_blurs", "the image is blurred in every iteration, expected every blur_every of them")(
            (DUE, "if True:")
        ),
        mistake("never_blurs", "the image is never blurred")((DUE, "if False:")),
        mistake("blurs_first", "the first blur comes in iteration 1, expected in iteration blur_every")(
            (DUE, "if (step - 1) % blur_every == 0:")
        ),
        mistake("blurs_last", "the image is blurred once, after the last iteration, expected on the way")(
            (DUE, "if step == num_iterations:")
        ),
        mistake("blurs_before", "the blur comes before the step, expected after the image was stepped and clipped")(
            (STEPPED, f"if step % blur_every == 0:\n            {BLUR}\n        {STEPPED}"),
            (f"{CLIP}\n        {DUE}\n            {BLUR}", CLIP),
        ),
        mistake("blurs_channels", "the channels are blurred into each other: no blur along their axis")(
            (BLUR, "img = gaussian_filter(img, (0, sigma, sigma, sigma))")
        ),
        mistake("one_axis", "the image is blurred along one of its axes, expected along H and W")(
            (BLUR, "img = gaussian_filter(img, (0, 0, 0, sigma))")
        ),
        mistake("two_sigma", "the variance is taken for sigma, expected the standard deviation")(
            (BLUR, "img = gaussian_filter(img, (0, 0, sigma**2, sigma**2))")
        ),
        mistake("no_clip", "the pixels are not clipped to 0..1")((CLIP, "pass")),
        mistake("clips_at_end", "the image is clipped after the last iteration alone, expected in each")(
            (CLIP, "pass"), ("return img", "return np.clip(img, 0, 1)")
        ),
        mistake("clips_low", "pixels may fall to -1, expected to be clipped to 0..1")(
            (CLIP, "img = np.clip(img, -1, 1)")
        ),
        mistake("one_less", "one iteration is missing")(("num_iterations + 1", "num_iterations")),
        mistake("one_more", "there is one iteration too many")(
            ("range(1, num_iterations + 1)", "range(1, num_iterations + 2)")
        ),
        mistake("own_start", "the first image that was given is not used")(
            (STEPPED, f"img = np.full_like(img, 0.5) if step == 1 else img\n        {STEPPED}")
        ),
        mistake("always_from_start", "every step starts from the first image, expected from the last one")(
            (STEPPED, f"first = img if step == 1 else first\n        {STEPPED.replace('(img', '(first')}")
        ),
        mistake("no_penalty", "l2_reg does not come to the step")(
            ("target_y, l2_reg, learning_rate)", "target_y, 0.0, learning_rate)")
        ),
        mistake("changes_img", "the first image is changed: work on a copy")(
            ("for step in", "start = img\n    for step in"), ("return img", "start[:] = img\n    return img")
        ),
    ),
)

TASKS = (
    *(compute_saliency_maps, smooth_saliency, occlusion_map),
    *(make_fooling_image, class_visualization_update_step, create_class_visualization),
)

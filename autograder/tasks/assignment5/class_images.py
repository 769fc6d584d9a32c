"""Tasks of visualization.ipynb: images of a class, one step and the whole search."""

from autograder.tasks.assignment5.fooling import FOOL_HOT
from autograder.tasks.assignment5.pixel_model import MODEL, draw_images, score_mistakes
from autograder.tasks.layer_checks import in_float32, with_dtype_check
from autograder.tasks.spec import gradients, mistake, task_factory, values
from chainrule import visualize

__all__ = ["TASKS"]

task = task_factory("assignment5", "visualization", visualize)

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
            call=with_dtype_check(MODEL + UPDATE.rstrip(), "out"),
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
            call=with_dtype_check(CREATE, "out"),
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

TASKS = (class_visualization_update_step, create_class_visualization)

"""Tasks of visualization.ipynb: images that fool a model."""

from autograder.tasks.assignment5.pixel_model import MODEL, draw_images, score_mistakes
from autograder.tasks.layer_checks import in_float32, with_dtype_check
from autograder.tasks.spec import mistake, task_factory, values
from chainrule import visualize
from chainrule.judging.model_stubs import PixelModel

__all__ = ["FOOL_HOT", "TASKS"]

task = task_factory("assignment5", "visualization", visualize)

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
    """An image and a target class that the reference reaches in between `least` and `most` steps."""
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
    """The model predicts the class from the start."""
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
            proves=False,
        ),
        in_float32(
            "float32 kept, X unchanged",
            0.5,
            *("X_fooling", "float32_kept", "X"),
            call=with_dtype_check(FOOL, "X_fooling"),
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

TASKS = (make_fooling_image,)

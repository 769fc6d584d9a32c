"""Tasks of style_transfer.ipynb: the content loss."""

from autograder.tasks.assignment5.feature_maps import (
    HALF_FORGOTTEN,
    NO_WEIGHT,
    NO_WEIGHT_BACK,
    draw_one,
    draw_pixel,
    draw_several,
)
from autograder.tasks.layer_checks import FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule import style

__all__ = ["TASKS"]

task = task_factory("assignment5", "style_transfer", style)

CONTENT = "loss, dcurrent = content_loss(weight, x, target)"

content_loss = task(
    "content_loss",
    CONTENT,
    draw_one,
    (
        values("the loss", 1, "loss"),
        gradient("dcurrent against numeric", 1, "dcurrent", "loss", "x"),
        values("several images, and one pixel", 0.5, "loss", "dcurrent", draw=(draw_several, draw_pixel), cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("loss", "dcurrent", "float32_kept", "x", "target"),
            call=with_dtype_check(CONTENT, "dcurrent"),
            draw=draw_several,
        ),
    ),
    (
        mistake("mean", "the squares are averaged, expected their sum")(
            ("np.sum(difference**2)", "np.mean(difference**2)"),
            ("2 * content_weight * difference", "2 * content_weight * difference / difference.size"),
        ),
        mistake("mean_over_images", "loss and gradient are divided by the number of images: here nothing is averaged")(
            ("np.sum(difference**2)", "np.sum(difference**2) / len(current)"),
            ("2 * content_weight * difference", "2 * content_weight * difference / len(current)"),
        ),
        mistake("half", "there is a factor 1/2 in this loss: Gatys and others write it so, expected none here")(
            ("return content_weight", "return 0.5 * content_weight"),
            ("2 * content_weight * difference", "content_weight * difference"),
        ),
        mistake("no_two", HALF_FORGOTTEN)(("2 * content", "content")),
        mistake(
            "sign",
            "this is the gradient for the maps of the content image, expected the one for current: the sign is wrong",
        )(("2 * content_weight", "-2 * content_weight")),
        mistake("absolute", "the differences are added up without their squares")(
            ("difference**2", "np.abs(difference)"),
            ("content_weight * difference", "content_weight * np.sign(difference) / 2"),
        ),
        mistake("root", "this is the distance, the root of the sum; expected the sum of the squares itself")(
            ("np.sum(difference**2)", "np.sqrt(np.sum(difference**2))")
        ),
        mistake("no_weight", NO_WEIGHT)(("return content_weight *", "return 1.0 *")),
        mistake("no_weight_back", NO_WEIGHT_BACK)(("2 * content_weight *", "2 *")),
        mistake("weight_squared", "the weight is squared: multiply the squares by it, not the differences")(
            ("difference = current - original", "difference = content_weight * (current - original)"),
            ("return content_weight *", "return"),
        ),
        mistake("float64", FLOAT64)(("2 * content_weight * difference", "np.float64(2 * content_weight) * difference")),
        mistake("changes_current", "the feature maps are changed by the call: current -= ... works in place")(
            ("difference = current - original", "current -= original\n    difference = current.copy()")
        ),
    ),
)

TASKS = (content_loss,)

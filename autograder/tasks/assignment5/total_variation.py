"""Tasks of style_transfer.ipynb: total variation."""

from autograder.tasks.assignment5.feature_maps import HALF_FORGOTTEN, NO_WEIGHT, NO_WEIGHT_BACK
from autograder.tasks.layer_checks import FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule import style

__all__ = ["TASKS"]

task = task_factory("assignment5", "style_transfer", style)


def draw_image(N=1, size=None):
    def draw(rng):
        H, W = size or ((3, 5), (5, 2), (4, 3))[rng.integers(3)]
        return {"img": rng.uniform(size=(N, 3, H, W)), "weight": float(rng.uniform(2, 3))}

    return draw


TV = "loss, dimg = tv_loss(img, weight)"
DOWN, RIGHT = "img[:, :, 1:, :] - img[:, :, :-1, :]", "img[:, :, :, 1:] - img[:, :, :, :-1]"
TV_LOSS = "np.sum(down**2) + np.sum(right**2)"
ADDED = ("    dimg[:, :, 1:, :] += 2 * tv_weight * down\n", "    dimg[:, :, :, 1:] += 2 * tv_weight * right\n")
TAKEN = ("    dimg[:, :, :-1, :] -= 2 * tv_weight * down\n", "    dimg[:, :, :, :-1] -= 2 * tv_weight * right\n")
ROLLED = "the pixels of one edge are compared with those of the opposite edge: they are no neighbours"

tv_loss = task(
    "tv_loss",
    TV,
    draw_image(),
    (
        values("the loss", 1, "loss"),
        gradient("dimg against numeric", 1.5, "dimg", "loss", "img"),
        values("several images", 0.5, "loss", "dimg", draw=draw_image(N=3), cases=2),
        values(
            "one row, one column, one pixel",
            0.5,
            "loss",
            "dimg",
            draw=tuple(draw_image(size=s) for s in ((1, 4), (4, 1), (1, 1))),
        ),
        in_float32(
            "float32 kept, the image unchanged",
            0.5,
            *("loss", "dimg", "float32_kept", "img"),
            call=with_dtype_check(TV, "dimg"),
            draw=draw_image(N=2),
        ),
    ),
    (
        mistake("down_only", "only pixels above each other are compared, expected those beside each other, too")(
            (RIGHT, f"0 * ({RIGHT})")
        ),
        mistake("right_only", "only pixels beside each other are compared, expected those above each other, too")(
            (DOWN, f"0 * ({DOWN})")
        ),
        mistake(
            "colours", "the colours of a pixel are compared with each other as well: neighbours have the same colour"
        )(
            (TV_LOSS, f"{TV_LOSS} + np.sum((img[:, 1:] - img[:, :-1]) ** 2)"),
            (
                "    return loss",
                "    dimg[:, 1:] += 2 * tv_weight * (img[:, 1:] - img[:, :-1])\n"
                "    dimg[:, :-1] -= 2 * tv_weight * (img[:, 1:] - img[:, :-1])\n    return loss",
            ),
        ),
        mistake("images", "neighbouring images are compared, too: each image stands for itself")(
            (TV_LOSS, f"{TV_LOSS} + np.sum((img[1:] - img[:-1]) ** 2)")
        ),
        mistake("rolled", ROLLED)(
            (DOWN, "np.roll(img, -1, 2) - img"),
            (RIGHT, "np.roll(img, -1, 3) - img"),
            (ADDED[0], "    dimg += 2 * tv_weight * (np.roll(down, 1, 2) - down)\n"),
            (ADDED[1], "    dimg += 2 * tv_weight * (np.roll(right, 1, 3) - right)\n"),
            (TAKEN[0], ""),
            (TAKEN[1], ""),
        ),
        mistake("absolute", "the absolute differences are added up, expected their squares")(
            (TV_LOSS, "np.sum(np.abs(down)) + np.sum(np.abs(right))"),
            ("    dimg = ", "    down, right = np.sign(down) / 2, np.sign(right) / 2\n    dimg = "),
        ),
        mistake("root", "a root is taken of the sum of squares: here total variation has none")(
            (f"({TV_LOSS})", f"np.sqrt({TV_LOSS})")
        ),
        mistake("mean", "the squares are averaged, expected their sum")(
            (TV_LOSS, f"({TV_LOSS}) / img.size"), ("    return loss, dimg", "    return loss, dimg / img.size")
        ),
        mistake(
            "one_sided", "each difference moves one pixel only, expected both: the later one up, the earlier one down"
        )((TAKEN[0], ""), (TAKEN[1], "")),
        mistake("other_sided", "each difference moves the earlier pixel only, expected the later one as well")(
            (ADDED[0], ""), (ADDED[1], "")
        ),
        mistake("overwritten", "the second part of the gradient overwrites the first: = stands where += is due")(
            ("dimg[:, :, :, 1:] +=", "dimg[:, :, :, 1:] =")
        ),
        mistake("sign", "the gradient has the wrong sign: it leads uphill")(("loss, dimg", "loss, -dimg")),
        mistake("no_two", HALF_FORGOTTEN)(("2 * tv_weight", "tv_weight")),
        mistake("no_weight", NO_WEIGHT)((f"tv_weight * ({TV_LOSS})", TV_LOSS)),
        mistake("no_weight_back", NO_WEIGHT_BACK)(("2 * tv_weight", "2")),
        mistake("twice", "each pair of neighbours is counted twice")(
            (TV_LOSS, f"2 * ({TV_LOSS})"), ("2 * tv_weight", "4 * tv_weight")
        ),
        mistake("float64", FLOAT64)(("np.zeros_like(img)", "np.zeros(img.shape)")),
        mistake("changes_img", "the image is changed by the call: dimg has to be an array of its own")(
            ("np.zeros_like(img)", "img\n    dimg *= 0")
        ),
    ),
)

TASKS = (tv_loss,)

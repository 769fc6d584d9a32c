"""Tasks of style_transfer.ipynb, second part: upsampling."""

from autograder.tasks.layer_checks import FLOAT64, float32, in_float32, with_dtype_check
from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule import fast_style

__all__ = ["TASKS"]

task = task_factory("assignment5", "style_transfer", fast_style)


def draw_maps(N=2, scale=2):
    def draw(rng):
        H, W = ((2, 4), (4, 2), (2, 6))[rng.integers(3)]
        x = rng.normal(size=(N, 3, H, W))
        return {"x": x, "dout": rng.normal(size=(N, 3, scale * H, scale * W)), "scale": scale}

    return draw


draw_two, draw_three = draw_maps(), draw_maps(N=1, scale=3)
UP = "out, cache = upsample_forward(x, scale)"
REPEAT = "x.repeat(scale, axis=2).repeat(scale, axis=3)"

upsample_forward = task(
    "upsample_forward",
    UP,
    draw_two,
    (
        values("doubled", 0.5, "out"),
        values("other scales", 0.5, "out", draw=(draw_three, draw_maps(scale=1)), cases=2),
        values(
            "scale left out, float32 kept, x unchanged",
            0.5,
            *("out", "float32_kept", "x"),
            call=with_dtype_check("out, cache = upsample_forward(x)", "out"),
            draw=float32(draw_two),
            layout="strided",
        ),
    ),
    (
        mistake("rows_only", "only the number of rows grows: repeat along W, too")((".repeat(scale, axis=3)", "")),
        mistake("columns_only", "only the number of columns grows: repeat along H, too")(
            (".repeat(scale, axis=2)", "")
        ),
        mistake(
            "tiled",
            "whole images stand beside each other, as np.tile makes them; expected every pixel repeated in its place",
        )((REPEAT, "np.tile(x, (1, 1, scale, scale))")),
        mistake("tiled_columns", "rows are repeated one by one, but the columns as a block, as np.tile does")(
            (".repeat(scale, axis=3)", "\n    out = np.tile(out, (1, 1, 1, scale))")
        ),
        mistake("zeros_between", "the new pixels are 0: each square has to hold its pixel scale * scale times")(
            (
                f"out = {REPEAT}",
                "out = np.zeros_like(x, shape=(*x.shape[:2], scale * x.shape[2], scale * x.shape[3]))\n"
                "    out[:, :, ::scale, ::scale] = x",
            )
        ),
        mistake("always_two", "the scale is 2 whatever is asked for")(("(scale, axis", "(2, axis")),
        mistake(
            "shared_out",
            "the values are divided by scale * scale, so that a square adds up to its pixel; expected plain copies",
        )((REPEAT, f"{REPEAT} / scale**2")),
        mistake("channels", "channels are repeated instead of rows: H is axis 2")(("axis=2", "axis=1")),
        mistake("float64", FLOAT64)((REPEAT, f"{REPEAT}.astype(np.float64)")),
    ),
)

BACK = UP + "\nloss = np.sum(out * dout)\ndx = upsample_backward(dout, cache)"
SQUARES = "dout.reshape(N, C, H // scale, scale, W // scale, scale)"
SUM = "squares.sum(axis=(3, 5))"

upsample_backward = task(
    "upsample_backward",
    BACK,
    draw_two,
    (
        gradient("dx against numeric", 1, "dx", "loss", "x"),
        values("other scales", 0.5, "dx", draw=(draw_three, draw_maps(scale=1)), cases=2),
        in_float32(
            "float32 kept, two calls, dout unchanged",
            0.5,
            *("dx", "float32_kept", "dout"),
            call=with_dtype_check(
                UP + "\nupsample_backward(dout.copy(), cache)\ndx = upsample_backward(dout, cache)", "dx"
            ),
            draw=draw_two,
        ),
    ),
    (
        mistake("one_of_the_square", "each pixel takes the gradient of one of its copies: those of all copies add up")(
            (SUM, "squares[:, :, :, 0, :, 0]")
        ),
        mistake("mean", "the gradients of the copies are averaged, expected their sum: every copy counts in the loss")(
            (SUM, "squares.mean(axis=(3, 5))")
        ),
        mistake("largest", "the largest gradient of each square is taken, expected the sum")((".sum(", ".max(")),
        mistake("rows_only", "the gradients are added up over the columns of a square, but only its first row counts")(
            (SUM, "squares[:, :, :, 0].sum(axis=4)")
        ),
        mistake(
            "blocks", "pixels that lie H and W apart are added up, as for np.tile; the copies of a pixel are neighbours"
        )((SQUARES, "dout.reshape(N, C, scale, H // scale, scale, W // scale)"), ("axis=(3, 5)", "axis=(2, 4)")),
        mistake(
            "mixed",
            "the shape is right, but reshape took neighbours along a row only: split H and W into (H, scale) and (W, scale)",
        )(
            (
                f"{SQUARES}\n    return {SUM}",
                "dout.reshape(N, C, H // scale, W // scale, -1)\n    return squares.sum(axis=4)",
            )
        ),
        mistake("always_two", "the scale is 2 whatever the forward pass had")(("scale = cache", "scale = 2")),
        mistake("float64", FLOAT64)((SUM, f"{SUM}.astype(np.float64)")),
        mistake("changes_dout", "dout is changed in place")(
            (f"return {SUM}", f"dx = {SUM}\n    dout *= 0\n    return dx")
        ),
    ),
)

TASKS = (upsample_forward, upsample_backward)

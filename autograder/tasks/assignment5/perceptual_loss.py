"""Tasks of style_transfer.ipynb, second part: the perceptual loss."""

from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule import fast_style

__all__ = ["TASKS"]

task = task_factory("assignment5", "style_transfer", fast_style)


def draw_batch(rng, N=2, pixels=(8, 4)):
    """Outputs and images, and a smooth net with maps of full, half and quarter size."""
    channels = (3, 4, 5, 3)
    inputs = {f"V{k}": rng.normal(size=(channels[k + 1], channels[k])) for k in range(3)}
    # Targets are symmetric, as Gram matrices are; a right answer may rely on it.
    rows = [rng.normal(size=(1, channels[k + 1], 6)) for k in range(3)]
    inputs |= {f"t{k}": rows[k] @ rows[k].transpose(0, 2, 1) / 20 for k in range(3)}
    inputs |= dict(zip(("content_weight", "tv_weight"), rng.uniform(0.5, 1, 2).tolist(), strict=True))
    inputs |= {f"w{k}": float(rng.uniform(1 + 2 * k, 2 + 2 * k)) for k in range(3)}
    out, X = rng.random((2, N, 3, *pixels))
    return inputs | {"out": out, "X": X}


def draw_one(rng):
    return draw_batch(rng, N=1)


def draw_small(rng):
    return draw_batch(rng, pixels=(4, 4))


def loss_call(content, layers):
    arguments = (f"[{', '.join(f'{letter}{k}' for k in layers)}]" for letter in "tw")
    return (
        "from chainrule.judging.style_stubs import SmoothNet\n"
        "model = SmoothNet(V0, V1, V2)\n"
        f"loss, dout = perceptual_loss(\n    out, X, model, {content}, content_weight, {list(layers)},"
        f" {', '.join(arguments)}, tv_weight\n)\n"
    )


LOSS = loss_call(1, (0, 2))
TARGET = "(content_target,), _ = model.features(X, [model.layers[content_layer]])"
HANDED = "style_targets, style_weights, tv_weight\n    )"
RETURN = "return sum(losses) / len(out), dout / len(out)"

perceptual_loss = task(
    "perceptual_loss",
    LOSS,
    draw_batch,
    (
        gradient("dout against numeric", 0.5, "dout", "loss", "out", draw=draw_small, cases=2),
        values("the loss of a batch", 0.5, "loss", "dout"),
        values("one image", 0.5, "loss", "dout", draw=draw_one, call=loss_call(2, (2, 1)), cases=2),
        values(
            "content and style from one layer, inputs unchanged",
            0.5,
            *("loss", "dout", "out", "X", "t0"),
            call=loss_call(0, (0, 1)),
            cases=2,
        ),
    ),
    (
        mistake("sum", "loss and gradient are summed over the batch, expected the mean over its N images")(
            (RETURN, "return sum(losses), dout")
        ),
        mistake("sum_back", "the loss is the mean over the batch, but its gradient is not divided by N")(
            ("dout / len(out)", "dout")
        ),
        mistake("sum_loss", "the gradient is divided by N, but the loss is still the sum over the batch")(
            ("sum(losses) / len(out)", "sum(losses)")
        ),
        mistake(
            "own_content", "the content loss is always 0, as it is where its target is taken from out: take it from X"
        )(("model.features(X,", "model.features(out,")),
        mistake(
            "roles_swapped",
            "out and X are swapped: it is the style of out that is to be right, and the content of X to be kept",
        )((TARGET, f"out, X = X, out\n    {TARGET}")),
        mistake("first_content", "the content of the first image serves as target for the whole batch")(
            (TARGET, f"{TARGET}\n    content_target = content_target[:1]")
        ),
        mistake(
            "own_style",
            "the style loss is always 0, as it is where its targets are computed anew from out: they are passed in",
        )(
            (
                TARGET,
                f"{TARGET}\n    maps, _ = model.features(out, [model.layers[k] for k in style_layers])\n"
                "    rows = [m.reshape(*m.shape[:2], -1) for m in maps]\n"
                "    style_targets = [r @ r.transpose(0, 2, 1) / r[0].size for r in rows]",
            )
        ),
        mistake("style_of_content", "the style targets are computed from X, the content images; they are passed in")(
            (
                TARGET,
                f"{TARGET}\n    maps, _ = model.features(X, [model.layers[k] for k in style_layers])\n"
                "    rows = [m.reshape(*m.shape[:2], -1) for m in maps]\n"
                "    style_targets = [r @ r.transpose(0, 2, 1) / r[0].size for r in rows]",
            )
        ),
        mistake("no_content_loss", "the content loss is not added to the others, though its gradient is there")(
            ("sum(losses)", "sum(losses[1:])")
        ),
        mistake("no_tv", "the total variation is missing")((HANDED, HANDED.replace("tv_weight", "0"))),
        mistake("no_tv_loss", "the total variation is not added to the other losses, though its gradient is there")(
            ("sum(losses)", "sum(losses[:2])")
        ),
        mistake("weights_reversed", "the style weights come in another order than the layers they belong to")(
            (HANDED, HANDED.replace("_weights", "_weights[::-1]"))
        ),
        mistake("sign", "dout leads downhill; a gradient leads uphill")(("dout / len(out)", "-dout / len(out)")),
        mistake("over_pixels", "it is divided by the number of pixels, expected by the number of images")(
            (RETURN, RETURN.replace("len(out)", "out.size"))
        ),
        mistake("changes_out", "out is changed by the call")((RETURN, f"out -= dout\n    {RETURN}")),
    ),
)

TASKS = (perceptual_loss,)

"""Tasks of style_transfer.ipynb: all losses, through a net to the pixels, and a step of the pixels."""

from autograder.tasks.assignment5.style import draw_target
from autograder.tasks.layer_checks import FLOAT64, float32, with_dtype_check
from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule import style

__all__ = ["TASKS"]

task = task_factory("assignment5", "style_transfer", style)


def draw_net(rng, N=1):
    """Images of 8x4 pixels and a net with maps of 8x4, 4x2 and 2x1 pixels."""
    channels = (3, 4, 5, 3)
    inputs = {f"W{k}": rng.normal(size=(channels[k + 1], channels[k])) for k in range(3)}
    inputs |= {f"t{k}": 0.2 * draw_target(rng, channels[k + 1]) for k in range(3)}
    inputs |= {f"c{k}": rng.normal(size=(N, channels[k + 1], 8 // 2**k, 4 // 2**k)) for k in range(3)}
    weights = dict(zip(("content_weight", "tv_weight"), rng.uniform(0.5, 1.0, 2).tolist(), strict=True))
    weights |= {f"w{k}": float(rng.uniform(2 + k, 3 + k)) for k in range(3)}
    return inputs | weights | {"img": rng.uniform(size=(N, 3, 8, 4))}


def draw_two_images(rng):
    return draw_net(rng, N=2)


def transfer_call(content, layers):
    arguments = (f"[{', '.join(f'{letter}{k}' for k in layers)}]" for letter in "tw")
    return (
        "from chainrule.judging.style_stubs import SmoothNet\n"
        "model = SmoothNet(W0, W1, W2)\n"
        f"losses, dimg = style_transfer_loss(\n    img, model, {content}, c{content}, content_weight,"
        f" {list(layers)}, {', '.join(arguments)}, tv_weight\n)\n"
        "content, style, tv = losses\nloss = content + style + tv"
    )


THREE = ("content", "style", "tv")
TRANSFER = transfer_call(1, (0, 2))
BACK = "model.features_backward(dfeats, cache) + dtv"
STYLED = "style, dfeats = style_loss(feats, style_layers, style_targets, style_weights)"
CONTENTED = "content, dcontent = content_loss(content_weight, feats[content_layer], content_target)"
HANDED_BACK = "dfeats[content_layer] += dcontent"

style_transfer_loss = task(
    "style_transfer_loss",
    TRANSFER,
    draw_net,
    (
        values("the three losses", 1, *THREE, call=transfer_call(0, (1, 2))),
        gradient("dimg against numeric", 1, "dimg", "loss", "img"),
        values("content and style from the same layer", 0.5, *THREE, "dimg", call=transfer_call(1, (0, 1))),
        values(
            "content above the layers of style; two images",
            0.5,
            *(*THREE, "dimg"),
            call=transfer_call(2, (1,)),
            draw=(draw_net, draw_two_images),
            cases=2,
        ),
        values(
            "image and targets left unchanged", 0.5, *THREE, "dimg", "img", "c1", "t0", "t2", call=TRANSFER, cases=2
        ),
    ),
    (
        mistake("no_content_back", "the gradient of the content loss is missing in dimg")((HANDED_BACK, "pass")),
        mistake(
            "content_overwrites",
            "where a layer serves content and style, one gradient overwrites the other: they add up",
        )((HANDED_BACK, "dfeats[content_layer] = dcontent")),
        mistake("no_style_back", "the gradient of the style loss is missing in dimg")(
            (HANDED_BACK, "dfeats = [0 * d for d in dfeats]\n    dfeats[content_layer] = dcontent")
        ),
        mistake("no_tv_back", "the gradient of the total variation is missing in dimg")((" + dtv", "")),
        mistake(
            "tv_only_back",
            "dimg is the gradient of the total variation alone: go back through the net with features_backward",
        )((BACK, "dtv")),
        mistake("tv_subtracted", "the gradient of the total variation is subtracted, expected added")(
            ("+ dtv", "- dtv")
        ),
        mistake("sign", "dimg leads downhill: it is the gradient, so the step subtracts it")((BACK, f"-({BACK})")),
        mistake(
            "content_wrong_layer", "the content loss is taken from the last layer, expected model.layers[content_layer]"
        )((CONTENTED, CONTENTED.replace("feats[content_layer]", "feats[-1].mean() + 0 * content_target"))),
        mistake("content_twice_weighted", "the content loss is multiplied by its weight twice: content_loss does it")(
            (HANDED_BACK, "content, dcontent = content_weight * content, content_weight * dcontent\n    " + HANDED_BACK)
        ),
        mistake(
            "content_loss_order",
            "the maps of the image and the target are swapped in content_loss: its gradient is for the first",
        )(("feats[content_layer], content_target", "content_target, feats[content_layer]")),
        mistake(
            "own_targets", "the Gram matrices of the image itself serve as targets: then the style loss is always 0"
        )((STYLED, "style_targets = [gram_matrix(feats[k]) for k in style_layers]\n    " + STYLED)),
        mistake("own_content", "the image's own maps serve as content_target: then the content loss is always 0")(
            ("content_target)", "feats[content_layer].copy())")
        ),
        mistake("style_weights_one", "the style weights are not passed on")(
            ("style_targets, style_weights)\n    tv", "style_targets, [1.0] * len(style_layers))\n    tv")
        ),
        mistake("tv_weight_one", "the weight of the total variation is not passed on")(
            ("tv_loss(img, tv_weight)", "tv_loss(img, 1.0)")
        ),
        mistake("tv_of_maps", "the total variation is taken from feature maps, expected from the pixels")(
            ("tv_loss(img, tv_weight)", "(tv_loss(feats[0], tv_weight)[0], tv_loss(img, tv_weight)[1])")
        ),
        mistake(
            "style_before_content", "style and content are swapped: the losses are returned as (content, style, tv)"
        )(("(content, style, tv)", "(style, content, tv)")),
        mistake("changes_img", "the image is changed by the call: the step of the pixels comes later")(
            (BACK, f"{BACK}\n    img -= 0.1 * dimg")
        ),
    ),
)

# A step of the pixels.


def draw_step(rng):
    img = rng.uniform(size=(1, 3, 4, 5))
    img[rng.uniform(size=img.shape) < 0.3] = 0.99  # near the edge, where a step leaves 0..1
    img[rng.uniform(size=img.shape) < 0.3] = 0.01
    g1, g2, g3 = rng.normal(size=(3, *img.shape))
    img[0, 0, :3, 0], g1[0, 0, :3, 0] = 0.5, (0.0, 1e-8, -1e-7)  # so small that epsilon makes a difference
    drawn = {"img": img, "g1": g1, "g2": g2, "g3": g3, "learning_rate": float(rng.uniform(0.05, 0.1))}
    return drawn | {"beta1": float(rng.uniform(0.5, 0.8)), "epsilon": float(rng.uniform(0.01, 0.1))}


STEP = 'out, config = style_transfer_step(img, g1, {"learning_rate": learning_rate})'
THREE_STEPS = (
    'config = {"learning_rate": learning_rate, "beta1": beta1, "epsilon": epsilon}\n'
    "x, config = style_transfer_step(img, g1, config)\n"
    'x, config = style_transfer_step(x, g2, config | {"learning_rate": 0.5 * learning_rate})\n'
    "out, config = style_transfer_step(x, g3, config)"
)
NO_CONFIG = (
    "first, config = style_transfer_step(img.copy(), g1.copy())\n"
    "second, _ = style_transfer_step(first.copy(), g2.copy(), config)\n"
)
ADAM = "next_img, config = adam(img, dimg, config)"
CLIP = "np.clip(next_img, 0, 1)"

style_transfer_step = task(
    "style_transfer_step",
    STEP,
    draw_step,
    (
        values("one step", 0.5, "out", cases=2),
        values("three steps, and without a config", 0.5, *("out", "first", "second"), call=NO_CONFIG + THREE_STEPS),
        values(
            "float32 kept, inputs unchanged",
            0.5,
            *("out", "float32_kept", "img", "g1"),
            call=with_dtype_check(THREE_STEPS, "out"),
            draw=float32(draw_step),
            cases=2,
            rtol=1e-5,
        ),
    ),
    (
        mistake("not_clipped", "pixels below 0 or above 1 are left as they are, expected them cut")((CLIP, "next_img")),
        mistake("above_only", "pixels below 0 are left as they are")((CLIP, "np.minimum(next_img, 1)")),
        mistake("to_255", "pixels above 1 are left as they are: here white is 1, not 255")(
            (CLIP, "np.clip(next_img, 0, 255)")
        ),
        mistake("clipped_before", "the image is cut to 0..1 before the step, expected after it")(
            (ADAM, "next_img, config = adam(np.clip(img, 0, 1), dimg, config)"), (CLIP, "next_img")
        ),
        mistake("stretched", "the whole image is stretched to 0..1, expected that only the pixels outside are cut")(
            (CLIP, "(next_img - next_img.min()) / (next_img.max() - next_img.min())")
        ),
        mistake("uphill", "the step goes uphill: adam subtracts dimg itself")(("adam(img, dimg,", "adam(img, -dimg,")),
        mistake("forgets", "Adam starts anew at each step: return the config that adam gave back")(
            (ADAM, "next_img, _ = adam(img, dimg, config)\n    config = config or {}")
        ),
        mistake("own_rate", "the learning rate in config is not used")(
            (ADAM, "config = {**(config or {}), 'learning_rate': 1e-3}\n    " + ADAM)
        ),
        mistake("in_place", "the image itself is changed by the call")((CLIP, "np.clip(next_img, 0, 1, out=img)")),
        mistake("float64", FLOAT64)((CLIP, CLIP.replace("next_img", "next_img.astype(np.float64)"))),
    ),
)

TASKS = (style_transfer_loss, style_transfer_step)

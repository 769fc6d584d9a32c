"""Tasks of style_transfer.ipynb, first part: the losses of content, style and total variation, and a step of pixels."""

from autograder.tasks.passes import FLOAT64, float32, in_float32, kept
from autograder.tasks.spec import gradient, gradients, mistake, tasks_of, values
from chainrule import style

__all__ = ["TASKS"]

task = tasks_of("assignment5", "style_transfer", style)


def draw_maps(N=1, C=None, size=None):
    """Draws feature maps that are not square, with what the losses need beside them."""

    def draw(rng):
        channels = C or int(rng.integers(3, 5))
        H, W = size or ((2, 4), (4, 3), (3, 5))[rng.integers(3)]
        x, target = rng.normal(size=(2, N, channels, H, W))
        weight, dgram = float(rng.uniform(2, 3)), rng.normal(size=(N, channels, channels))
        return {"x": x, "target": target, "weight": weight, "dgram": dgram}

    return draw


draw_one, draw_several = draw_maps(), draw_maps(N=3)
draw_pixel = draw_maps(N=2, size=(1, 1))
HALF_FORGOTTEN = "the derivative of a square has a factor 2: it is missing in the gradient"
NO_WEIGHT = "the loss is not multiplied by its weight"
NO_WEIGHT_BACK = "the gradient is not multiplied by the weight; the loss is"

# Content.

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
            call=kept(CONTENT, "dcurrent"),
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

# The Gram matrix.

GRAM = "G = gram_matrix(x)"
BOTH_GRAMS = "G = gram_matrix(x.copy())\nplain = gram_matrix(x, normalize=False)"
PRODUCT = "rows @ rows.transpose(0, 2, 1)"
ROWS = "features.reshape(N, C, H * W)"
MIXED = "channels and places are mixed: reshape cannot swap axes, transpose can"


def normalisation_mistakes(line):
    """The same mistakes forward and backward; line: what holds the right divisor."""
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
            call=kept(GRAM, "G"),
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
            call=kept(GRAM_BACK, "dx"),
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

# Style: the Gram matrices of several layers.


def draw_target(rng, channels, N=1):
    """A style target: symmetric, as every Gram matrix is. N=1: the same for all images."""
    half = rng.normal(size=(N, channels, channels))
    return half + half.transpose(0, 2, 1)


def draw_layers(N=1):
    """Three layers with maps of different sizes; targets near enough not to dominate, those of layer 0 for each image.

    In every layer one number is 0, as after a ReLU.
    """

    def draw(rng):
        shapes = (N, 3, 4, 2), (N, 2, 3, 3), (N, 4, 2, 1)
        inputs = {f"f{k}": rng.normal(size=shape) for k, shape in enumerate(shapes)}
        for k in range(3):
            inputs[f"f{k}"].flat[1] = 0.0
        inputs |= {f"t{k}": 0.7 * draw_target(rng, shapes[k][1], n) for k, n in enumerate((N, 1, 1))}
        return inputs | {f"w{k}": float(rng.uniform(low, low + 1)) for k, low in enumerate((2, 4, 7))}

    return draw


def style_call(layers):
    asked = (f"[{', '.join(f'{letter}{k}' for k in layers)}]" for letter in "tw")
    return (
        "feats = [f0, f1, f2]\n"
        f"loss, dfeats = style_loss(feats, {list(layers)}, {', '.join(asked)})\n"
        "d0, d1, d2 = dfeats[0], dfeats[1], dfeats[2]"
    )


STYLE = style_call((0, 2))
TWICE = style_call((1, 0, 1)).replace("t1, t0, t1", "t1, t0, 2 * t1").replace("w1, w0, w1", "w1, w0, w2")
ADD = "dfeats[layer] += "
DIFFERENCE = "difference = gram_matrix(feats[layer]) - target"

style_loss = task(
    "style_loss",
    STYLE,
    draw_layers(),
    (
        values("the loss of one layer", 1, "loss", call=style_call((1,))),
        values("the loss of two layers out of three", 1, "loss"),
        gradients("dfeats against numeric", 1.5, {"d0": "f0", "d2": "f2"}),
        values(
            "zeros for the layer that does not count; the last one first",
            0.5,
            *("d0", "d1", "d2"),
            call=style_call((2, 0)),
        ),
        values(
            "a layer that is asked for twice; several images",
            0.5,
            *("loss", "d0", "d1", "d2"),
            call=TWICE,
            draw=(draw_layers(), draw_layers(N=2)),
            cases=2,
        ),
        in_float32(
            "float32 kept, feats and targets unchanged",
            0.5,
            *("loss", "d0", "d2", "float32_kept", "f0", "f1", "f2", "t0", "t2"),
            call=kept(STYLE, "d0"),
            draw=draw_layers(),
            cases=2,
        ),
    ),
    (
        mistake("no_weights", "the losses of the layers are not multiplied by their weights")(
            ("loss += weight * ", "loss += "), ("2 * weight * difference", "2 * difference")
        ),
        mistake("no_weights_back", "the weights are in the loss, but not in its gradient")(("2 * weight *", "2 *")),
        mistake("weights_squared", "the weights are squared: they multiply the squares, not the differences")(
            (DIFFERENCE, "difference = weight * (gram_matrix(feats[layer]) - target)"),
            ("loss += weight * ", "loss += "),
        ),
        mistake("weights_on_targets", "the weights multiply the targets, expected the squared differences")(
            ("- target", "- weight * target"),
            ("loss += weight * ", "loss += "),
            ("2 * weight * difference", "2 * difference"),
        ),
        mistake("last_layer", "the loss is that of the last layer asked for, expected the sum over all")(
            ("loss += ", "loss = ")
        ),
        mistake(
            "first_layer",
            "loss and gradient are those of the first layer asked for, expected all of them: return after the loop",
        )(("    return loss", "        break\n    return loss")),
        mistake("overwritten", "a layer that is asked for twice keeps one gradient only: gradients add up")(
            (ADD, "dfeats[layer] = ")
        ),
        mistake(
            "by_position",
            "the k-th layer of the net is compared with the k-th target: style_layers[k] says which layer is meant",
        )(
            ("zip(style_layers, ", "zip(range(len(style_layers)), "),
            (
                DIFFERENCE,
                "if len(target[0]) != feats[layer].shape[1]:\n            target = target[:1, :1, :1]\n        "
                + DIFFERENCE,
            ),
        ),
        mistake("mean", "the squares are averaged over the entries of the Gram matrix, expected their sum")(
            ("np.sum(difference**2)", "np.mean(difference**2)"),
            ("2 * weight * difference", "2 * weight * difference / difference.size"),
        ),
        mistake("layers_averaged", "the losses of the layers are averaged, expected their sum")(
            ("loss += weight", "loss += weight / len(style_layers)"), ("2 * weight", "2 / len(style_layers) * weight")
        ),
        mistake("quarter", "there is a factor 1/4 in this loss: Gatys and others write it so, expected none here")(
            ("loss += weight", "loss += weight / 4"), ("2 * weight", "weight / 2")
        ),
        mistake("no_two", HALF_FORGOTTEN)(("2 * weight", "weight")),
        mistake("sign", "the gradient has the wrong sign: it is the one for the targets")(
            ("2 * weight", "-2 * weight")
        ),
        mistake("no_target", "the targets are not subtracted: the style is that of the other image")(
            (" - target", " - 0 * target")
        ),
        mistake("not_normalised", "these Gram matrices are not normalised, but the targets are")(
            ("gram_matrix(feats[layer])", "gram_matrix(feats[layer], normalize=False)"),
            ("difference, feats[layer])", "difference, feats[layer], normalize=False)"),
        ),
        mistake("not_normalised_back", "the Gram matrices are normalised, but their gradient is not")(
            ("difference, feats[layer])", "difference, feats[layer], normalize=False)")
        ),
        mistake(
            "squeezed", "dfeats holds the layers that count alone: it is a list like feats, with zeros for the others"
        )(("    return loss, dfeats", "    return loss, [dfeats[k] for k in style_layers] + [0.0, 0.0]")),
        mistake("features_for_zeros", "where a layer does not count dfeats holds ones, expected zeros")(
            (
                "    return loss,",
                "    for k in set(range(len(feats))) - set(style_layers):\n        dfeats[k] += 1\n    return loss,",
            )
        ),
        mistake("float64", FLOAT64)(("np.zeros_like(maps)", "np.zeros(maps.shape)")),
        mistake("changes_feats", "the feature maps are changed by the call: += works in place on them")(
            ("return loss,", "feats[style_layers[0]] += 1\n    return loss,")
        ),
        mistake("changes_targets", "the targets are changed by the call: -= works in place on them")(
            (DIFFERENCE, DIFFERENCE + "\n        target -= 0.5")
        ),
    ),
)

# Total variation.


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
            call=kept(TV, "dimg"),
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

# All of them, through a net to the pixels.


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
    asked = (f"[{', '.join(f'{letter}{k}' for k in layers)}]" for letter in "tw")
    return (
        "from chainrule.judging.style_stubs import SmoothNet\n"
        "model = SmoothNet(W0, W1, W2)\n"
        f"losses, dimg = style_transfer_loss(\n    img, model, {content}, c{content}, content_weight,"
        f" {list(layers)}, {', '.join(asked)}, tv_weight\n)\n"
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
        mistake("style_weights_one", "the style weights are not handed on")(
            ("style_targets, style_weights)\n    tv", "style_targets, [1.0] * len(style_layers))\n    tv")
        ),
        mistake("tv_weight_one", "the weight of the total variation is not handed on")(
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
            call=kept(THREE_STEPS, "out"),
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

TASKS = (content_loss, gram_matrix, gram_backward, style_loss, tv_loss, style_transfer_loss, style_transfer_step)

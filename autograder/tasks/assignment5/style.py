"""Tasks of style_transfer.ipynb: the style loss, from the Gram matrices of several layers."""

from autograder.tasks.assignment5.feature_maps import HALF_FORGOTTEN
from autograder.tasks.layer_checks import FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import gradients, mistake, task_factory, values
from chainrule import style

__all__ = ["TASKS", "draw_target"]

task = task_factory("assignment5", "style_transfer", style)


def draw_target(rng, channels, N=1):
    """A style target: symmetric, as every Gram matrix is. N=1: the same for all images."""
    half = rng.normal(size=(N, channels, channels))
    return half + half.transpose(0, 2, 1)


def draw_layers(N=1):
    """Three layers with maps of different sizes; targets near enough not to dominate, with one per image for layer 0.

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
    arguments = (f"[{', '.join(f'{letter}{k}' for k in layers)}]" for letter in "tw")
    return (
        "feats = [f0, f1, f2]\n"
        f"loss, dfeats = style_loss(feats, {list(layers)}, {', '.join(arguments)})\n"
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
            call=with_dtype_check(STYLE, "d0"),
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

TASKS = (style_loss,)

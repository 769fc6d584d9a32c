"""Tasks of normalization.ipynb on images: spatial batch normalisation and group normalisation."""

from autograder.tasks.assignment3 import normed
from autograder.tasks.assignment3.normed import task
from autograder.tasks.spec import mistake, untouched, values

__all__ = ["TASKS"]


SBN = "spatial_batchnorm"
CHANNEL_STATISTICS = (
    "(x - np.mean(x, {0}, keepdims=True)) / np.sqrt(np.var(x, {0}, keepdims=True) + bn_param.get('eps', 1e-5))"
)


def statistics_over(axes):
    """Return an edit: the output with statistics over these axes, in training."""
    reference = "return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache"
    x_hat = CHANNEL_STATISTICS.format(axes)
    return reference, f"out = {x_hat} * gamma[:, None, None] + beta[:, None, None]\n    return out, cache"


MIXED = "x is reshaped to (-1, C) without moving the channels last: colours and places are mixed up"
MIXED_BACK = "the result is reshaped to x's shape without moving the channels back to the second axis"
MIXED_HW = "H and W have changed places: the axes are moved by one order and moved back by another"

spatial_batchnorm_forward = task(
    "spatial_batchnorm_forward",
    normed.BN_PARAM + normed.forward(SBN, "bn_param") + normed.RUNNING,
    normed.draw_images,
    (
        values("output in training, running averages", 0.5, "out", "mean_after", "var_after"),
        values("test mode", 0.5, "out", "mean_after", "var_after", call=normed.in_test_mode(SBN)),
        values(
            "one image, N = 1, three batches, then a test",
            0.5,
            *("out", "mean_after", "var_after"),
            call=normed.three_batches(SBN),
            draw=normed.one_example(normed.draw_images),
            layout="strided",
        ),
    ),
    (
        mistake("not_moved", MIXED)(("x.transpose(0, 2, 3, 1).reshape(-1, C)", "x.reshape(-1, C)")),
        mistake("not_moved_back", MIXED_BACK)(
            ("out.reshape(N, H, W, C).transpose(0, 3, 1, 2)", "out.reshape(x.shape)")
        ),
        mistake(
            "reshaped_only", "x and the result are only reshaped: the channels have to be moved last, and back again"
        )(
            ("x.transpose(0, 2, 3, 1).reshape(-1, C)", "x.reshape(-1, C)"),
            ("out.reshape(N, H, W, C).transpose(0, 3, 1, 2)", "out.reshape(x.shape)"),
        ),
        mistake("places_mixed", MIXED_HW)(("x.transpose(0, 2, 3, 1)", "x.transpose(0, 3, 2, 1)")),
        mistake("swapped_sides", "the result has H and W in each other's place")(
            (".transpose(0, 3, 1, 2), cache", ".transpose(0, 3, 2, 1), cache")
        ),
        mistake("channel_first", "the axes are (C, N, H, W) when the rows are formed, expected the channels last")(
            ("x.transpose(0, 2, 3, 1).reshape(-1, C)", "x.transpose(1, 0, 2, 3).reshape(-1, C)")
        ),
        mistake(
            "instance",
            "mean and variance are those of one channel of one image: that is instance norm; expected over the batch too",
        )(statistics_over("(2, 3)")),
        mistake("per_place", "every place has a mean and a variance of its own, expected one of each for a channel")(
            statistics_over("0")
        ),
        mistake(
            "per_image",
            "mean and variance are taken over all channels of an image: that is layer norm; expected one of each for a channel",
        )(statistics_over("(1, 2, 3)")),
        mistake("state_lost", "bn_param is copied, so that the running averages never come back to the caller")(
            ("beta, bn_param)\n    return", "beta, dict(bn_param))\n    return")
        ),
    ),
)

SBN_BACKWARD = normed.forward_and_backward(SBN)

spatial_batchnorm_backward = task(
    "spatial_batchnorm_backward",
    SBN_BACKWARD,
    normed.draw_images,
    normed.backward_checks(SBN_BACKWARD, "spatial_batchnorm_backward", 0.5, normed.one_example(normed.draw_images)),
    (
        mistake("not_moved", MIXED.replace("x is", "dout is"))(
            ("dout.transpose(0, 2, 3, 1).reshape(-1, C)", "dout.reshape(-1, C)")
        ),
        mistake("not_moved_back", MIXED_BACK)(
            ("dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)", "dx.reshape(dout.shape)")
        ),
        mistake("reshaped_only", "dout and dx are only reshaped: the channels have to be moved last, and back again")(
            ("dout.transpose(0, 2, 3, 1).reshape(-1, C)", "dout.reshape(-1, C)"),
            ("dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)", "dx.reshape(dout.shape)"),
        ),
        mistake("places_mixed", MIXED_HW)(("dout.transpose(0, 2, 3, 1)", "dout.transpose(0, 3, 2, 1)")),
        mistake("swapped_sides", "dx has H and W in each other's place")(
            (".transpose(0, 3, 1, 2), d", ".transpose(0, 3, 2, 1), d")
        ),
        mistake("means", "dgamma and dbeta are divided by the number of entries of a channel, expected sums")(
            ("1, 2), dgamma, dbeta", "1, 2), dgamma / len(rows), dbeta / len(rows)")
        ),
        mistake("image_means", "dgamma and dbeta are means over the images, expected sums")(
            ("1, 2), dgamma, dbeta", "1, 2), dgamma / N, dbeta / N")
        ),
        mistake("swapped_results", normed.SWAPPED_RESULTS)(("1, 2), dgamma, dbeta", "1, 2), dbeta, dgamma")),
        mistake("changes_dout", normed.CHANGES_DOUT)(("    return", "    dout *= 2\n    return")),
    ),
)

GN = 'gn_param = {"eps": eps}\n' + normed.forward("spatial_groupnorm", "G, gn_param")
GN_DEFAULT = normed.forward("spatial_groupnorm", "G, {}")
GN_STATISTICS = "mean, var = np.mean(groups, axis=2, keepdims=True), np.var(groups, axis=2, keepdims=True)"
GROUPS = "groups = x.reshape(x.shape[0], G, -1)"


def grouped_otherwise(line):
    """Return an edit: x_hat computed from groups that are cut by `line`."""
    return (
        "x_hat = ((groups - mean) / std).reshape(x.shape)",
        f"{line}\n    x_hat = (groups - groups.mean(2, keepdims=True)) / np.sqrt(groups.var(2, keepdims=True) + eps)\n    ",
    )


INSTANCE = "every channel is normalised alone: that is instance norm; expected G groups of C/G channels"

spatial_groupnorm_forward = task(
    "spatial_groupnorm_forward",
    GN,
    normed.draw_groups,
    (
        values("output", 0.5, "out"),
        values(
            "one group, float32",
            0.5,
            "float32_kept",
            "out",
            call=normed.call_in_float32(GN_DEFAULT),
            draw=normed.draw_one_group,
            rtol=1e-4,
        ),
        values("each channel a group", 0.5, "out", call=GN_DEFAULT, draw=normed.draw_single_channels, layout="strided"),
        untouched(0.5, "x", "gamma", "beta"),
    ),
    normed.statistics_mistakes(
        GN_STATISTICS,
        (
            (
                "over_batch",
                "mean and variance are taken over the batch as well, expected for every image alone",
                "mean, var = np.mean(groups, axis=(0, 2), keepdims=True), np.var(groups, axis=(0, 2), keepdims=True)",
            ),
            ("not_centred", normed.NOT_CENTRED, GN_STATISTICS.replace("= np.mean", "= 0 * np.mean")),
        ),
    )
    + (
        mistake("instance", INSTANCE)((GROUPS, "groups = x.reshape(x.shape[0], x.shape[1], -1)")),
        mistake(
            "layer",
            "all channels of an image are normalised together: that is layer norm; expected G groups of C/G channels",
        )((GROUPS, "groups = x.reshape(x.shape[0], 1, -1)")),
        mistake("group_size", "G is taken for the number of channels in a group, expected the number of groups")(
            (GROUPS, "groups = x.reshape(x.shape[0], x.shape[1] // G, -1)")
        ),
        mistake("interleaved", "a group holds every G-th channel, expected neighbours")(
            (
                GROUPS,
                "N, C, H, W = x.shape\n    groups = x.reshape(N, C // G, G, H * W).swapaxes(1, 2).reshape(N, G, -1)",
            ),
            (
                "((groups - mean) / std).reshape(x.shape)",
                "((groups - mean) / std).reshape(N, G, C // G, H * W).swapaxes(1, 2).reshape(x.shape)",
            ),
        ),
        mistake(
            "per_place",
            "every place of a group has a mean and a variance of its own, expected one of each for the whole group",
        )((GROUPS, "groups = x.reshape(x.shape[0], G, x.shape[1] // G, -1)")),
        mistake("fixed_eps", normed.FIXED_EPS)(('gn_param.get("eps", 1e-5)', "1e-5")),
        mistake("changes_x", normed.CHANGES_X)(("x_hat = ((groups", "x -= 1\n    x_hat = ((1 + groups")),
        mistake("float64", normed.UPCAST)(("np.sqrt(var + eps)", "np.sqrt(var.astype(np.float64) + eps)")),
    ),
)

GN_BACKWARD = GN + normed.backward("spatial_groupnorm_backward")
GN_DX = "size * dx_hat - total - x_hat * along"
ALL_AXES = "axis=(0, 2, 3), keepdims=True"

spatial_groupnorm_backward = task(
    "spatial_groupnorm_backward",
    GN_BACKWARD,
    normed.draw_groups,
    normed.backward_checks(GN_BACKWARD, "spatial_groupnorm_backward", 0.5, normed.draw_one_group),
    (
        mistake("flat_shape", "dgamma and dbeta have shape (C,), expected (1, C, 1, 1) like gamma: keepdims=True")(
            (ALL_AXES, "axis=(0, 2, 3)")
        ),
        mistake("not_over_images", "dgamma and dbeta are not summed over the images")(
            (ALL_AXES, "axis=(2, 3), keepdims=True")
        ),
        mistake("not_over_places", "dgamma and dbeta are not summed over the places (H and W)")(
            (ALL_AXES, "axis=0, keepdims=True")
        ),
        mistake("means", normed.MEANS.replace("over the batch", "over images and places"))(
            ("dbeta = np.sum(", "dbeta = np.mean("), ("dgamma = np.sum(", "dgamma = np.mean(")
        ),
        mistake("swapped_results", normed.SWAPPED_RESULTS)(
            ("(dout.shape), dgamma, dbeta", "(dout.shape), dbeta, dgamma")
        ),
        mistake("no_gamma", normed.NO_DX_GAMMA)(("(dout * gamma)", "dout")),
        mistake("factored", normed.FACTORED)(
            ("(dout * gamma)", "dout"), ("return dx.reshape(dout.shape)", "return gamma * dx.reshape(dout.shape)")
        ),
        mistake("direct_path", normed.DIRECT)((GN_DX, "size * dx_hat")),
        mistake("no_mean_path", normed.NO_MEAN_PATH)((GN_DX, "size * dx_hat - x_hat * along")),
        mistake("no_variance_path", normed.NO_VAR_PATH)((GN_DX, "size * dx_hat - total")),
        mistake("size", "dx counts the places H * W, expected all entries of a group: C/G * H * W")(
            ("size = x_hat.shape[2]", "size = dout.shape[2] * dout.shape[3]")
        ),
        mistake("variance", normed.VARIANCE_BACK)(("/ (size * std)", "/ (size * std**2)")),
        mistake("changes_dout", normed.CHANGES_DOUT)(("    return", "    dout *= 2\n    return")),
    ),
)

TASKS = (
    *(spatial_batchnorm_forward, spatial_batchnorm_backward, spatial_groupnorm_forward, spatial_groupnorm_backward),
)

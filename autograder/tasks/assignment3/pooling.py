"""Tasks of cnn.ipynb: pooling by maximum and by mean."""

from autograder.tasks.assignment3.conv import COLUMN_STRIDE, DX_ASSIGNED, backward_twice
from autograder.tasks.spec import gradients, mistake, task_factory, untouched, values
from chainrule import conv

__all__ = ["TASKS"]

task = task_factory("assignment3", "cnn", conv)


def draw_pool(shape, window, stride, shift=0.0, integers=False):
    """integers: x has integer values, so that many entries of a window are equal."""

    def draw(rng):
        N, C, *image = shape
        H, W = (int(size + stride * rng.integers(0, 2)) for size in image)
        sizes = [conv.conv_output_size(size, k, stride, 0) for size, k in zip((H, W), window, strict=True)]
        x = rng.integers(0, 2, (N, C, H, W)).astype(float) if integers else rng.normal(size=(N, C, H, W))
        return {
            "x": x + shift,
            "dout": rng.normal(size=(N, C, *sizes)),
            "height": window[0],
            "width": window[1],
            "stride": stride,
        }

    return draw


# Windows that overlap, and windows that leave gaps; all values below 0 in most windows.
POOLS = (
    draw_pool((2, 3, 5, 8), (3, 2), 1, -1.0),
    draw_pool((3, 2, 8, 6), (2, 3), 2, -1.0),
    draw_pool((1, 4, 7, 9), (1, 2), 3, -1.0),
)
PAIRS = draw_pool((2, 3, 4, 6), (2, 2), 2)
OVERLAP = draw_pool((2, 1, 5, 4), (3, 2), 1)
TIES = draw_pool((2, 3, 5, 6), (2, 3), 2, integers=True)

POOL_PARAM = 'pool_param = {"pool_height": height, "pool_width": width, "stride": stride}\n'


def pool_calls(kind, suffix):
    forward = f"{POOL_PARAM}out, cache = {kind}_pool_forward{suffix}(x, pool_param)"
    return forward, f"{forward}\nloss = np.sum(out * dout)\ndx = {kind}_pool_backward{suffix}(dout, cache)"


MAX_FORWARD, MAX_BACKWARD = pool_calls("max", "_naive")
AVG_FORWARD, AVG_BACKWARD = pool_calls("avg", "")
ROWS, COLUMNS = "u : u + stride * H_out : stride", "v : v + stride * W_out : stride"


def pool_checks(*extra_checks):
    return (
        values("2 x 2 windows, stride 2", 0.5, "out", draw=PAIRS, layout="strided"),
        values("windows that overlap or leave gaps", 0.5, "out", draw=POOLS),
        *extra_checks,
    )


def pool_mistakes():
    return (
        mistake("size_for_stride", "the windows move by their own height, expected by the stride")(
            ('pool_param["stride"]', 'pool_param["pool_height"]')
        ),
        mistake("swapped", "height and width of the window are swapped")(
            (
                'pool_param["pool_height"], pool_param["pool_width"]',
                'pool_param["pool_width"], pool_param["pool_height"]',
            )
        ),
        mistake("off_by_one", "out is one too small in height and width: the first window counts, too")(
            ("height, stride, 0)", "height, stride, 0) - 1"), ("width, stride, 0)", "width, stride, 0) - 1")
        ),
    )


max_pool_forward_naive = task(
    "max_pool_forward_naive",
    MAX_FORWARD,
    PAIRS,
    pool_checks(untouched(0.5, "x")),
    (
        *pool_mistakes(),
        mistake("column_stride", COLUMN_STRIDE)(
            (COLUMNS, "v : v + W_out"), (", : stride * W_out : stride]", ", :W_out]")
        ),
        mistake(
            "from_zero", "the largest value of a window below 0 comes out as 0: start from the first value, not from 0"
        )(("    for u, v", "    out = np.maximum(out, 0)\n    for u, v")),
        mistake("minimum", "these are the smallest values of the windows, expected the largest")(
            ("np.maximum(", "np.minimum(")
        ),
        mistake("channels", "the maximum is taken over the channels, too: each channel is pooled by itself")(
            ("return out,", "out = np.broadcast_to(np.max(out, axis=1, keepdims=True), out.shape)\n    return out,")
        ),
        mistake("largest_size", "the maximum is taken of the absolute values")(
            (
                "return out,",
                "x = np.abs(x)\n    out = 0 * out\n    for u, v in np.ndindex(height, width):\n        out = np.maximum(out, x[:, :, u : u + stride * H_out : stride, v : v + stride * W_out : stride])\n    return out,",
            )
        ),
    ),
)

max_pool_backward_naive = task(
    "max_pool_backward_naive",
    MAX_BACKWARD,
    PAIRS,
    (
        gradients("dx against numeric", 0.5, {"dx": "x"}, draw=draw_pool((2, 2, 4, 6), (2, 2), 2)),
        values("windows that overlap or leave gaps", 0.5, "dx", draw=POOLS),
        values("ties: the first in row order", 0.5, "dx", draw=TIES),
        values(
            "the cache used twice, dout unchanged",
            *(0.5, "dx", "dout"),
            call=backward_twice(MAX_BACKWARD, "dx"),
            draw=OVERLAP,
            layout="strided",
        ),
    ),
    (
        mistake(
            "assigned",
            "where two windows have the same largest entry, the later one overwrites the other: gradients add up (+=)",
        )(("dx[place] += dout * winner", "dx[place] = np.where(winner & (dx[place] == 0), dout, dx[place])")),
        mistake(
            "window_assigned",
            "a whole window of dx is assigned, which wipes out what an overlapping window left there: add (+=)",
        )(
            ("dx[place] += dout * winner", "dx[place] += dout * winner * ~seen[place]\n        seen[place] = True"),
            ("    dx, free = ", "    seen = np.zeros(x.shape, bool)\n    dx, free = "),
        ),
        mistake("all_ties", "every entry that equals the largest gets the whole gradient, expected the first alone")(
            ("free &= ~winner", "pass")
        ),
        mistake(
            "last_tie", "at a tie the gradient goes to the last of the equal entries, expected the first in row order"
        )(("in np.ndindex(height, width)", "in reversed(list(np.ndindex(height, width)))")),
        mistake("column_order", "at a tie the first entry is looked for column by column, expected row by row")(
            ("for u, v in np.ndindex(height, width)", "for v, u in np.ndindex(width, height)")
        ),
        mistake("all_entries", "every entry of a window gets the gradient, expected the largest alone")(
            ("(x[place] == out) & free", "np.ones(dout.shape, bool)")
        ),
        mistake(
            "average",
            "the gradient is shared out over the window as in average pooling, expected all of it at the largest entry",
        )(("dout * winner", "dout / (height * width)")),
        mistake("times_value", "dout is multiplied by the largest value, expected by 1")(
            ("dout * winner", "dout * winner * x[place]")
        ),
    ),
)

avg_pool_forward = task(
    "avg_pool_forward",
    AVG_FORWARD,
    PAIRS,
    pool_checks(),
    (
        *pool_mistakes(),
        mistake("column_stride", COLUMN_STRIDE)((COLUMNS, "v : v + W_out")),
        mistake("not_divided", "these are sums: divide by the number of entries of a window")(
            ("total / (height * width)", "total")
        ),
        mistake("by_stride", "the sum is divided by stride * stride, expected by the number of entries of a window")(
            ("total / (height * width)", "total / (stride * stride)")
        ),
        mistake("by_height", "the sum is divided by the window's height alone, expected by height * width")(
            ("total / (height * width)", "total / height")
        ),
    ),
)

avg_pool_backward = task(
    "avg_pool_backward",
    AVG_BACKWARD,
    PAIRS,
    (
        gradients("dx against numeric", 0.5, {"dx": "x"}, draw=OVERLAP, cases=2),
        values("windows that overlap or leave gaps", 0.4, "dx", draw=POOLS),
        values("the cache used twice, dout unchanged", 0.1, "dx", "dout", call=backward_twice(AVG_BACKWARD, "dx")),
    ),
    (
        mistake("assigned", DX_ASSIGNED)(
            ("in np.ndindex(height, width)", "in reversed(list(np.ndindex(height, width)))"), ("] += dout", "] = dout")
        ),
        mistake("not_divided", "every entry gets the whole gradient: divide by the number of entries of a window")(
            ("dout / (height * width)", "dout")
        ),
        mistake("by_stride", "dout is divided by stride * stride, expected by the number of entries of a window")(
            ("dout / (height * width)", "dout / (stride * stride)")
        ),
        mistake("column_stride", COLUMN_STRIDE)((COLUMNS, "v : v + W_out")),
        mistake("corner", "only the first entry of each window gets a gradient, expected an equal share for all")(
            ("in np.ndindex(height, width)", "in np.ndindex(1, 1)")
        ),
    ),
)

TASKS = (max_pool_forward_naive, max_pool_backward_naive, avg_pool_forward, avg_pool_backward)

"""Tasks of dropout.ipynb: inverted and plain dropout, and dropout in a net.

A mask is random, and a student may draw it in another way than the reference. So what is judged are facts that hold for
every mask: which values occur, what share is kept (within six standard deviations), and what belongs together.
"""

import numpy as np

from autograder.tasks.spec import Task, mistake, untouched, values
from chainrule import dropout, fc_net

__all__ = ["TASKS"]


def draw_setting(rng):
    """p is far from 1/2, so that p, 1 - p, 1 and 1/p differ clearly."""
    return {"p": float(rng.uniform(0.6, 0.85)), "seed": int(rng.integers(1, 10**6)), "scale": float(rng.uniform(1, 2))}


def draw_images(rng):
    """float32 images, and nothing is kept: code that works in place leaves zeros, whatever the mask."""
    images = {name: rng.uniform(1, 2, (2, 3, 5, 4)).astype(np.float32) for name in ("x", "dout")}
    return draw_setting(rng) | images | {"p": 1e-12}


# How the functions are called: 10,000 entries, none of them 0. The facts are read from what comes back, by the grader:
# every result has a name of its own, so that they come back together.

START = """x = scale * np.linspace(1, 2, 10_000).reshape(100, 100)
dout = scale * np.linspace(2, 1, 10_000).reshape(100, 100)
param = {"p": p, "mode": "train", "seed": seed}
"""
TRAIN = START + "out, cache = LAYER_forward(x.copy(), param)\n"
TEST = START + 'out, cache = LAYER_forward(x.copy(), param | {"mode": "test"})\n'
# The smallest and the largest factor of what is not 0.
FACTOR = "ratios = (out / x)[out != 0]\nfactor = np.array([ratios.min(), ratios.max()])\n"
SHARES = (
    "kept = np.mean(out != 0)\n"
    "spread = np.array([np.std(np.mean(out != 0, axis=1)), np.std(np.mean(out != 0, axis=0))])\n"
)
KEEPS_MOST = "keeps_most = np.mean(out != 0) > 0.5\n"
OF_TEST = """tested, cache = LAYER_forward(x.copy(), param | {"mode": "test"})
test_ratios = (tested / x)[tested != 0]
test_factor = np.array([test_ratios.min(), test_ratios.max()])
test_drops = np.any(tested == 0)
"""
IMAGES = 'out, cache = LAYER_forward(x, {"p": p, "mode": "train", "seed": seed})\n'
FLOAT32 = "float32_kept = out.dtype == np.float32\n"
IMAGES_BACK = IMAGES + "dx = LAYER_backward(dout, cache)\n"
OTHER_MODE = """refused = []
for mode in ("training", ""):
    try:
        LAYER_forward(x, param | {"mode": mode})
        refused.append(False)
    except ValueError:
        refused.append(True)
"""
SEEDS = """masks = []
for more in ({"seed": seed}, {"seed": seed}, {}, {}):
    out, cache = LAYER_forward(x.copy(), {"p": p, "mode": "train"} | more)
    masks.append(out != 0)
same_seed_same_mask, no_seed_same_mask = np.all(masks[0] == masks[1]), np.all(masks[2] == masks[3])
drops = not np.all(masks[0])
"""
BACK = """dx = LAYER_backward(dout.copy(), cache)
ratios = (dx / dout)[out != 0]
factor = np.array([ratios.min(), ratios.max()])
passes_dropped = np.any(dx[out == 0] != 0)
"""
AGAIN = """trained, cache = LAYER_forward(x.copy(), param)
first = LAYER_backward(dout.copy(), cache)
second = LAYER_backward(dout.copy(), cache)
passes_dropped = np.any(first[trained == 0] != 0)
again = np.max(second) / np.max(first)
"""
# The mask cannot be read from an output whose input was 0: as many entries are kept as elsewhere.
ZEROS = """_, cache = LAYER_forward(0 * x, param)
of_zeros = LAYER_backward(dout.copy(), cache)
kept = np.mean(of_zeros != 0)
"""

# Two random shares of 10,000 entries differ by 6 * sqrt(2 * 0.25 / 10000) = 0.042, but for one case in 10^8.
SHARE = 0.045


def call(*parts, kind):
    return "".join(parts).replace("LAYER", kind)


def task(name, text, checks, mistakes, module=dropout):
    return Task(name, module, "assignment3", "dropout", text, draw_setting, checks, mistakes)


DRAW = "rng.random(x.shape) < p"
SWAPPED = "p is taken for the probability of dropping an entry; in this course it is that of keeping it"


def forward_checks(seed_points, mode_points, image_points, kind):
    """Return the checks of both forward functions that a constant passes."""
    masks, images = ("same_seed_same_mask", "no_seed_same_mask", "drops"), ("out", "float32_kept", "x")
    parts = ((START, SEEDS), (START, OTHER_MODE), (IMAGES, FLOAT32))
    seeds, modes, float32 = (call(*texts, kind=kind) for texts in parts)
    unproved = {"cases": 1, "proves": False}
    return (
        values("a seed repeats the mask", seed_points, *masks, call=seeds, cases=2, proves=False),
        values("another mode raises ValueError", mode_points, "refused", call=modes, **unproved),
        values("images in float32, x unchanged", image_points, *images, call=float32, draw=draw_images, **unproved),
    )


def mask_mistakes():
    """Return the mistakes in drawing a mask; both forward functions draw it with the same expression."""
    return (
        mistake("swapped", SWAPPED)((DRAW, "rng.random(x.shape) > p")),
        mistake("nothing_dropped", "nothing is dropped in training")((DRAW, "rng.random(x.shape) < 1")),
        mistake("row_mask", "all rows have the same mask, expected a draw for every entry")(
            (DRAW, "np.broadcast_to(rng.random(x.shape[1:]) < p, x.shape)")
        ),
        mistake("whole_rows", "whole rows are kept or dropped, expected a draw for every entry")(
            (DRAW, "np.broadcast_to(rng.random((len(x),) + (1,) * (x.ndim - 1)) < p, x.shape)")
        ),
        mistake("seed_ignored", "the seed in dropout_param is not used: two calls with one seed give two masks")(
            ('dropout_param.get("seed")', "None")
        ),
        mistake("always_seeded", "without a seed every call draws the same mask, expected a new one")(
            ('dropout_param.get("seed")', 'dropout_param.get("seed", 0)')
        ),
        mistake("float64", "the result is float64 where x is float32")(
            ("return x * mask, mask", "return x * mask.astype(np.float64), mask")
        ),
        mistake(
            "other_mode", "a mode that is neither train nor test is taken without complaint, expected a ValueError"
        )(('if mode != "train":', "if False:")),
        mistake("changes_x", "x itself is changed: x *= mask works in place, x * mask does not")(
            ("return x * mask, mask", "x *= mask\n    return x, mask")
        ),
        mistake("drops_in_test", "test mode drops entries, expected none")(
            ('if mode == "test":', 'if mode == "test":\n        mode = "train"\n    if mode == "test":')
        ),
    )


def backward_mistakes(line, factor):
    """Mistakes of both backward functions. line: the one with the result; factor: what dout is multiplied by."""
    return (
        mistake("no_mask", "dx is dout everywhere: what was dropped has to get 0")((line, "return dout * 1")),
        mistake("new_mask", "a mask is drawn anew in the backward pass, expected the one of the forward pass")(
            (line, f"return dout * {factor}.max() * (np.random.random(dout.shape) < np.mean({factor} > 0))")
        ),
        mistake("inverted_mask", "dx is 0 where the input was kept, and not where it was dropped")(
            (line, f"return dout * ({factor} == 0)")
        ),
        mistake("no_dout", "dx is the mask alone, expected dout times the mask")((line, f"return {factor} * 1")),
        mistake("changes_dout", "dout is changed in place")((line, f"dout *= {factor}\n    return dout")),
        mistake("changes_cache", "the mask in the cache is changed, so that a second call gives something else")(
            (line, f"dx = dout * {factor}\n    {factor} *= 0\n    return dx")
        ),
    )


KIND = "dropout"
dropout_forward = task(
    "dropout_forward",
    call(TRAIN, SHARES, kind=KIND),
    (
        # Tolerance of spread: shares of 100 entries vary by 0.05, and by 0.4 where whole rows or columns go.
        values("share that is kept, a draw for every entry", 0.5, "kept", "spread", cases=2, atol=SHARE),
        values(
            "divided by p in training, as it is in test mode",
            0.5,
            *("factor", "keeps_most", "test_drops", "test_factor"),
            call=call(TRAIN, FACTOR, KEEPS_MOST, OF_TEST, kind=KIND),
        ),
        *forward_checks(0.4, 0.2, 0.4, KIND),
    ),
    mask_mistakes()
    + (
        mistake("swapped_throughout", SWAPPED)(('dropout_param["p"]', '1 - dropout_param["p"]')),
        mistake(
            "not_scaled",
            "what is kept is not divided by p in training: then test time needs a factor p, and this is plain dropout",
        )(("kept / p", "kept")),
        mistake("multiplied", "what is kept is multiplied by p, expected divided by it")(("kept / p", "kept * p")),
        mistake("divided_by_drop", "what is kept is divided by 1 - p, expected by p")(("kept / p", "kept / (1 - p)")),
        mistake("scaled_in_test", "test mode multiplies by p, but training divided by p already: out is x")(
            ("return x, None", "return x * p, None")
        ),
        mistake("divided_in_test", "test mode divides by p, which belongs to training alone: out is x")(
            ("return x, None", "return x / p, None")
        ),
    ),
)

dropout_backward = task(
    "dropout_backward",
    call(TRAIN, BACK, kind=KIND),
    (
        values("dout where kept, divided by p; 0 where dropped", 0.5, "factor", "passes_dropped"),
        values("test mode", 0.5, "factor", "passes_dropped", call=call(TEST, BACK, kind=KIND), cases=2, proves=False),
        values(
            "zeros in x, two calls",
            0.35,
            *("kept", "again"),
            call=call(START, AGAIN, ZEROS, kind=KIND),
            cases=2,
            atol=SHARE,
            proves=False,
        ),
        untouched(0.15, "dout", call=call(IMAGES_BACK, kind=KIND), draw=draw_images),
    ),
    backward_mistakes("return dout * mask", "mask")
    + (
        mistake("not_scaled", "dx is not divided by p where the input was")(
            ("return dout * mask", "return dout * (mask > 0)")
        ),
        mistake("scaled_twice", "dx is divided by p twice: the mask holds 1/p already")(
            ("return dout * mask", "return dout * mask * mask")
        ),
        mistake("test_is_zero", "in test mode dx is 0, expected dout")(("return dout\n", "return 0 * dout\n")),
    ),
)

PLAIN = "plain_dropout"
plain_dropout_forward = task(
    "plain_dropout_forward",
    call(TRAIN, SHARES, kind=PLAIN),
    (
        values("share that is kept, a draw for every entry", 0.4, "kept", "spread", cases=2, atol=SHARE),
        values(
            "kept as it is in training, times p in test mode",
            0.4,
            *("factor", "test_drops", "test_factor"),
            call=call(TRAIN, FACTOR, OF_TEST, kind=PLAIN),
        ),
        *forward_checks(0.3, 0.1, 0.3, PLAIN),
    ),
    mask_mistakes()
    + (
        mistake(
            "scaled_in_training",
            "what is kept is divided by p in training: that is inverted dropout, and test mode multiplies by p once more",
        )(("return x * mask, mask", "return x * mask / np.asarray(p, x.dtype), mask")),
        mistake("not_scaled_in_test", "test mode does not multiply by p")(("return x * p, p", "return x, p")),
        mistake("divided_in_test", "test mode divides by p, expected that it multiplies")(
            ("return x * p, p", "return x / p, p")
        ),
        mistake("drop_in_test", "test mode multiplies by 1 - p, expected by p")(
            ("return x * p, p", "return x * (1 - p), p")
        ),
    ),
)

plain_dropout_backward = task(
    "plain_dropout_backward",
    call(TRAIN, BACK, kind=PLAIN),
    (
        values("dout where kept, 0 where dropped", 0.5, "factor", "passes_dropped", proves=False),
        values(
            "test mode, two calls",
            0.4,
            *("factor", "passes_dropped", "again"),
            call=call(TEST, BACK, AGAIN, kind=PLAIN),
            cases=2,
        ),
        untouched(0.1, "dout", call=call(IMAGES_BACK, kind=PLAIN), draw=draw_images),
    ),
    tuple(m for m in backward_mistakes("return dout * scale", "np.asarray(scale)") if "changes" not in m.name)
    + (
        mistake("changes_dout", "dout is changed in place")(("return dout * scale", "dout *= scale\n    return dout")),
        mistake("not_scaled_in_test", "in test mode dx is dout, expected dout times p, since out was x times p")(
            ("return dout * scale", "return dout * (scale if np.ndim(scale) else 1)")
        ),
        mistake(
            "scaled_in_training", "dx is divided by the share that was kept: plain dropout does not scale in training"
        )(("return dout * scale", "return dout * (scale / np.mean(scale) if np.ndim(scale) else scale)")),
    ),
)

# In a net.

NET = """net = object.__new__(FullyConnectedNet)
x = scale * np.linspace(1, 2, 10_000).reshape(100, 100)
dout = x[::-1]
net.dropout_param = {"mode": "test", "p": p}
out, cache = net.drop_forward(x.copy(), "train")
"""
NET_FORWARD = (
    NET
    + "drops = np.any(out == 0)\n"
    + FACTOR
    + 'net.dropout_param = {"mode": "train", "p": p}\n'
    + OF_TEST.replace('LAYER_forward(x.copy(), param | {"mode": "test"})', 'net.drop_forward(x.copy(), "test")')
    + 'net.dropout_param = {"mode": "train", "p": p, "seed": seed}\n'
    + 'first, second = net.drop_forward(x.copy(), "train")[0], net.drop_forward(x.copy(), "train")[0]\n'
    + "repeats = np.all(first == second)\n"
    + 'net.dropout_param = {"mode": "train", "p": 1}\noff, cache = net.drop_forward(x[0], "train")\n'
)
NET_BACKWARD = (
    NET
    + "dx = net.drop_backward(dout.copy(), cache)\npasses_dropped = np.any(dx[out == 0] != 0)\n"
    + "ratios = (dx / dout)[out != 0]\nfactor = np.array([ratios.min(), ratios.max()])\n"
    + '_, cache = net.drop_forward(x[0], "test")\ntested = net.drop_backward(dout[0].copy(), cache)\n'
    + 'net.dropout_param = {"mode": "train", "p": 1}\n_, cache = net.drop_forward(x[0], "train")\n'
    + "off = net.drop_backward(dout[0].copy(), cache)\n"
)
SET_MODE = 'self.dropout_param["mode"] = mode'

drop_forward = task(
    "FullyConnectedNet.drop_forward",
    NET_FORWARD,
    (
        values(
            "in training, in test, with a seed, and switched off",
            0.5,
            *("drops", "factor", "test_drops", "test_factor", "repeats", "off"),
        ),
    ),
    (
        mistake("mode_not_set", "the mode is not written into dropout_param: it stays what it was")((SET_MODE, "pass")),
        mistake("always_train", "dropout works in training mode always")((SET_MODE, SET_MODE[:-4] + '"train"')),
        mistake("always_test", "dropout works in test mode always")((SET_MODE, SET_MODE[:-4] + '"test"')),
        mistake(
            "drop_probability",
            "1 - p is passed on, expected p: in this course it is the share that is kept, here and in dropout_forward",
        )(
            (
                "dropout_forward(x, self.dropout_param)",
                'dropout_forward(x, self.dropout_param | {"p": 1 - self.dropout_param["p"]})',
            )
        ),
        mistake("seed_lost", "the seed in self.dropout_param is not passed on: pass on the dict as it is")(
            (
                "dropout_forward(x, self.dropout_param)",
                'dropout_forward(x, {"p": self.dropout_param["p"], "mode": mode})',
            )
        ),
        mistake("twice", "dropout is applied twice")(
            (
                "dropout_forward(x, self.dropout_param)",
                "dropout_forward(dropout_forward(x, self.dropout_param)[0], self.dropout_param)",
            )
        ),
    ),
    fc_net,
)

RETURN = "return dropout_backward(dout, cache)"

drop_backward = task(
    "FullyConnectedNet.drop_backward",
    NET_BACKWARD,
    (values("in training, in test, and switched off", 0.5, "factor", "passes_dropped", "tested", "off"),),
    (
        mistake("passed_on", "dx is dout: the gradient did not go through the mask")((RETURN, "return dout")),
        mistake(
            "forward_again",
            "dropout_forward is called on dout, which draws another mask; expected dropout_backward with the cache",
        )((RETURN, "return dropout_forward(dout, self.dropout_param)[0]")),
        mistake("scaled_again", "dx is divided by p once more: dropout_backward has done it")(
            (RETURN, RETURN + ' / self.dropout_param["p"]')
        ),
        mistake("unscaled", "dx is multiplied by p after dropout_backward: it was right before")(
            (RETURN, RETURN + ' * self.dropout_param["p"]')
        ),
        mistake("off_is_zero", "without dropout (p = 1) dx is 0, expected dout")(
            ("return dout\n", "return 0 * dout\n")
        ),
    ),
    fc_net,
)

TASKS = (
    *(dropout_forward, dropout_backward, plain_dropout_forward, plain_dropout_backward),
    *(drop_forward, drop_backward),
)

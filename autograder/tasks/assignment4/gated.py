"""What the tasks of the LSTM and of the GRU have in common: how inputs are drawn, and mistakes in the loop over time."""

import numpy as np

from autograder.tasks.layer_checks import FLOAT64, float32
from autograder.tasks.spec import mistake

__all__ = [
    "NAN",
    "OVERFLOW",
    "changed_in_place",
    "draw_sequence",
    "draw_step",
    "extreme",
    "sequence_backward_mistakes",
    "sequence_forward_mistakes",
]

OVERFLOW = "exp overflows on large scores and NumPy warns: use a sigmoid that gives exp no positive argument"
NAN = "e^a / (1 + e^a) is infinity over infinity for large scores: use a sigmoid that gives exp no positive argument"


def weights(rng, D, H, blocks):
    return {
        "Wx": rng.normal(size=(D, blocks * H)),
        "Wh": rng.normal(size=(H, blocks * H)),
        "b": rng.normal(size=blocks * H),
    }


def draw_step(blocks, *states, N=None, square=False):
    """A function that draws the inputs of one step. states: names of the arrays (N, H); square: D = H."""

    def drawn(rng):
        n, D, H = (int(size) for size in rng.permutation([2, 3, 4]))
        n, D = N or n, H if square else D
        arrays = {name: rng.normal(size=(n, H)) for name in states}
        return {"x": rng.normal(size=(n, D))} | arrays | weights(rng, D, H, blocks)

    return drawn


def draw_sequence(blocks, start, upstream, N=None, T=None):
    """A function that draws the inputs of a whole sequence. start: name of the first state; upstream: of dh."""

    def drawn(rng):
        n, D, H = (int(size) for size in rng.permutation([2, 3, 4]))
        n, steps = N or n, T or 3
        arrays = {start: rng.normal(size=(n, H)), upstream: rng.normal(size=(n, steps, H))}
        return {"x": rng.normal(size=(n, steps, D))} | arrays | weights(rng, D, H, blocks)

    return drawn


def extreme(draw):
    """Return a draw function with the same inputs in float32, with scores near 1e3 and -1e3 in every block."""

    def drawn(rng):
        inputs = float32(draw)(rng)
        inputs["b"] += np.resize(np.float32([1e3, -1e3]), len(inputs["b"]))
        return inputs

    return drawn


def changed_in_place(name):
    return f"{name} is changed by the call: do not work in place on an input"


def sequence_forward_mistakes(h, h0, prev):
    """Mistakes in the loop of a forward pass. h, h0, prev: what the reference calls the states."""
    stack = f"np.stack({h}, axis=1)"
    return (
        mistake("start_ignored", f"{h0} is not used: the first step starts from zeros, expected from {h0}")(
            (f"= {h0}", f"= 0 * {h0}")
        ),
        mistake("not_carried", f"every step starts from {h0}, expected from the state that the step before has made")(
            (f"(x[:, t], {prev}, ", f"(x[:, t], {h0}, ")
        ),
        mistake("from_the_end", "the sequence is read from its end, expected from t = 0 onwards")(
            ("x[:, t]", "x[:, -1 - t]")
        ),
        mistake("first_input", "every step gets the input of t = 0, expected x[:, t]")(("x[:, t]", "x[:, 0]")),
        mistake("shifted", f"{h}[:, t] is the state before step t, expected the one after it")(
            (f"{h}, cache = [], []", f"{h}, cache = [{h0}], []"), (stack, f"np.stack({h}[:-1], axis=1)")
        ),
        mistake("last_alone", "only the last state is returned, expected that of every step")((stack, f"{h}[-1]")),
        mistake("axes", f"{h} has the axes (T, N, H), expected (N, T, H)")((stack, f"np.stack({h})")),
        mistake("changes_start", changed_in_place(h0))(
            (f"{h}.append({prev})", f"{h}.append({prev})\n        {h0}[...] = {prev}")
        ),
        mistake("float64", FLOAT64)((stack, f"{stack}.astype(np.float64)")),
    )


def sequence_backward_mistakes(h, dprev):
    """Mistakes in the loop of a backward pass. h: what the reference calls the states; dprev: the gradient it carries."""
    dh, result, sums = (
        f"d{h}",
        f"return np.stack(dx[::-1], axis=1), {dprev}, dWx, dWh, db",
        "dWx + dWx_t, dWh + dWh_t, db + db_t",
    )
    steps = f"reversed(range({dh}.shape[1]))"

    def returns(replacement):
        return (result, f"return {replacement}")

    return (
        mistake(
            "not_carried", f"no gradient of {h} comes back from the next step: {h}[:, t] goes into step t + 1, too"
        )((f"{dh}[:, t] + {dprev}", f"{dh}[:, t]")),
        mistake("last_step_alone", f"{dh} counts at the last step alone: every {h}[:, t] has a gradient of its own")(
            (f"{dh}[:, t] + {dprev}", f"{dprev} + {dh}[:, t] * (t == {dh}.shape[1] - 1)")
        ),
        mistake("popped", "the cache is emptied by pop(), so that a second call fails: read it with an index")(
            ("cache[t]", "cache.pop()")
        ),
        mistake(
            "forward_in_time", "the loop runs from the first step to the last, expected from the last to the first"
        )((steps, f"range({dh}.shape[1])"), ("dx[::-1]", "dx")),
        mistake("dx_reversed", "dx has its steps in reversed order: dx[:, 0] belongs to x[:, 0]")(("dx[::-1]", "dx")),
        mistake("dx_axes", "dx has the axes (T, N, D), expected (N, T, D)")(("dx[::-1], axis=1", "dx[::-1]")),
        mistake(
            "overwritten",
            "dWx, dWh and db are those of one step: every step uses the weights, so their gradients add up (+=, not =)",
        )((sums, "dWx_t, dWh_t, db_t")),
        mistake("averaged", "dWx, dWh and db are divided by T, expected sums over the steps")(
            returns(f"np.stack(dx[::-1], axis=1), {dprev}, dWx / len(dx), dWh / len(dx), db / len(dx)")
        ),
        mistake("start_zero", f"d{h}0 is zero: the first step starts from {h}0")(
            returns(f"np.stack(dx[::-1], axis=1), 0 * {dprev}, dWx, dWh, db")
        ),
        mistake(
            "start_holds_first",
            f"{dh}[:, 0] is added to d{h}0: it belongs to the state after the first step, and has been passed on already",
        )(returns(f"np.stack(dx[::-1], axis=1), {dprev} + {dh}[:, 0], dWx, dWh, db")),
        mistake("swapped", "dWx and dWh have changed places")(
            returns(f"np.stack(dx[::-1], axis=1), {dprev}, dWh, dWx, db")
        ),
        mistake("in_place", f"{dh} is changed by the call: {dh}[:, t] += ... works on the caller's array")(
            (f"{dh}[:, t] + {dprev}", f"{dh}[:, t]"), ("        dx_t,", f"        {dh}[:, t] += {dprev}\n        dx_t,")
        ),
        mistake("float64", FLOAT64)((f"np.zeros_like({dh}[:, 0])", f"np.zeros({dh}[:, 0].shape)")),
    )

"""Tasks of rnn.ipynb: one step of a recurrent layer, and what its tasks and those of whole sequences share."""

import re

from autograder.tasks.layer_checks import FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import gradients, mistake, task_factory, values
from chainrule.recurrent import rnn

__all__ = ["TASKS", "fails_twice", "pops_cache", "sizes", "slope_mistakes", "task", "weights"]

task = task_factory("assignment4", "rnn", rnn)


def sizes(rng, N, T, D, H):
    """Return N, T, D, H: all different, unless given."""
    free = iter(rng.permutation([3, 4, 5, 6]))
    return [int(next(free)) if size is None else size for size in (N, T, D, H)]


def weights(rng, D, H):
    return {"Wx": rng.normal(size=(D, H)) / 2, "Wh": rng.normal(size=(H, H)) / 2, "b": rng.normal(size=H)}


def draw_step(rng, N=None, D=None, H=None, scale=1):
    N, _, D, H = sizes(rng, N, None, D, H)
    inputs = {"x": scale * rng.normal(size=(N, D)), "prev_h": rng.uniform(-1, 1, (N, H))}
    return inputs | weights(rng, D, H) | {"dnext_h": rng.normal(size=(N, H))}


def draw_one(rng):
    return draw_step(rng, N=1)


def draw_square(rng):
    return draw_step(rng, D=5, H=5)


def draw_huge(rng):
    return draw_step(rng, scale=1e4)


STEP = "next_h, cache = rnn_step_forward(x, prev_h, Wx, Wh, b)"
STEP_LOSS = f"{STEP}\nloss = (next_h * dnext_h).sum()\n"
STEP_BACKWARD = STEP_LOSS + "dx, dprev_h, dWx, dWh, db = rnn_step_backward(dnext_h, cache)"


def fails_twice(call):
    """Return the call with its last line, the backward pass, run twice; second_call_fails is set if the second run raises.

    The first run gets copies of the upstream gradients, so that changing them does not spoil the second run.
    """
    *before, second_run = call.splitlines()
    gradients, backward = second_run.split(" = ")
    first_run = f"{gradients} = " + re.sub(r"\bd\w+(?=,)", r"\g<0>.copy()", backward)
    return "\n".join([*before, first_run]) + (
        f"\nsecond_call_fails = False\ntry:\n    {second_run}\nexcept (IndexError, KeyError, TypeError, ValueError):\n"
        f"    second_call_fails = True\nfloat32_kept = str({gradients.split(', ')[0]}.dtype) == 'float32'"
    )


POPPED = "a second call with the same cache fails: read the cache, do not pop from it"


def pops_cache(function, line):
    """A mistake: the backward pass pops all five values from the cache (a list that the function stores itself)."""
    popped = ", ".join(["left.pop(1)"] * 5)
    stored = f"left = vars({function}).setdefault(str(id(cache)), [cache, *cache])"
    return mistake("pops_cache", POPPED)((line, f"{stored}\n    {line.split(' = ')[0]} = {popped}"))


TANH = "np.tanh(x @ Wx + prev_h @ Wh + b)"

rnn_step_forward = task(
    "rnn_step_forward",
    STEP,
    draw_step,
    (
        values("next_h", 1, "next_h"),
        values("one sequence alone; D = H", 0.5, "next_h", draw=(draw_one, draw_square), cases=2),
        values("inputs of 1e4", 0.5, "next_h", draw=draw_huge, strict="extremes"),
        in_float32(
            "float32 kept, inputs unchanged",
            1,
            *("next_h", "float32_kept", "x", "prev_h", "Wx", "Wh", "b"),
            call=with_dtype_check(STEP, "next_h"),
            draw=draw_step,
        ),
    ),
    (
        mistake("no_bias", "the bias b is not added")((" + b)", ")")),
        mistake("no_tanh", "next_h is the sum itself: tanh is not applied")((TANH, TANH[8:-1])),
        mistake("forgets", "prev_h is not used: the step has no memory")((" + prev_h @ Wh", "")),
        mistake("ignores_x", "x is not used: the step hears no input")(("x @ Wx + ", "")),
        mistake("sigmoid", "next_h is the sigmoid of the sum, expected its tanh")(
            (TANH, f"1 / (1 + np.exp(-{TANH[7:]}))")
        ),
        mistake("relu", "next_h is the ReLU of the sum, expected its tanh")((TANH, f"np.maximum(0, {TANH[8:-1]})")),
        mistake("sigmoid_for_tanh", "tanh(z) is 2 sigmoid(2z) - 1; the 2 inside the sigmoid is missing")(
            (TANH, f"2 / (1 + np.exp(-{TANH[7:]})) - 1")
        ),
        mistake("Wh_transposed", "prev_h is multiplied by the transpose of Wh")(("prev_h @ Wh", "prev_h @ Wh.T")),
        mistake("bias_outside", "b is added behind tanh, expected inside")((" + b)", ") + b")),
        mistake("tanh_apart", "tanh is taken of x Wx and of prev_h Wh + b apart, expected of their sum")(
            (TANH, "np.tanh(x @ Wx) + np.tanh(prev_h @ Wh + b)")
        ),
        mistake("overflow", "tanh from exp(z) and exp(-z) overflows for large z: np.tanh does not")(
            (TANH, f"{TANH[7:]}\n    next_h = (np.exp(next_h) - np.exp(-next_h)) / (np.exp(next_h) + np.exp(-next_h))")
        ),
        mistake("float64", FLOAT64)((TANH, f"{TANH}.astype(np.float64)")),
        mistake("changes_prev_h", "prev_h is changed by the call: it still belongs to the step before")(
            ("return next_h,", "prev_h[:] = next_h\n    return next_h,")
        ),
    ),
)

DZ = "dz = dnext_h * (1 - next_h**2)"


def slope_mistakes(line, factor, state, dout):
    """Wrong derivatives of tanh. line contains factor, the correct one; state: tanh's output; dout: the upstream gradient."""

    def slope(name, message, replacement):
        return mistake(name, message)((line, line.replace(factor, replacement)))

    return (
        slope("no_slope", "the derivative of tanh, 1 - h^2, is missing", "1"),
        slope("slope_no_square", "the derivative of tanh is taken as 1 - h, expected 1 - h^2", f"(1 - {state})"),
        slope("slope_plus", "the derivative of tanh is taken as 1 + h^2, expected 1 - h^2", f"(1 + {state} ** 2)"),
        slope(
            "slope_of_z",
            "1 - z^2 is taken of the sum z before tanh, expected 1 - h^2 of tanh's output",
            f"(1 - np.arctanh({state}) ** 2)",
        ),
        slope(
            "slope_of_sigmoid",
            "h (1 - h) is the derivative of the sigmoid, expected that of tanh, 1 - h^2",
            f"({state} * (1 - {state}))",
        ),
        slope(
            "slope_of_dout",
            "1 - h^2 is taken of the gradient that comes in, expected of tanh's output",
            f"(1 - {dout} ** 2)",
        ),
        slope(
            "slope_twice",
            "1 - h^2 is taken of tanh(h), expected of h: the cache holds tanh's output already",
            f"(1 - np.tanh({state}) ** 2)",
        ),
    )


rnn_step_backward = task(
    "rnn_step_backward",
    STEP_BACKWARD,
    draw_step,
    (
        gradients("dx and dprev_h against numeric", 1.5, {"dx": "x", "dprev_h": "prev_h"}),
        gradients("dWx, dWh and db against numeric", 1.5, {"dWx": "Wx", "dWh": "Wh", "db": "b"}),
        values("one sequence alone", 0.5, "dx", "dprev_h", "dWx", "dWh", "db", draw=draw_one, cases=2),
        values("D = H", 0.5, "dx", "dprev_h", "dWx", "dWh", "db", draw=draw_square),
        values(
            "inputs of 1e4: finite",
            0.5,
            *("dx", "dprev_h", "dWx", "dWh", "db"),
            draw=draw_huge,
            atol=1e-10,  # slopes of nearly 0 are what rounding left of 1 - h^2
            strict="extremes",
            proves=False,
        ),
        in_float32(
            "a second time: same, float32, inputs unchanged",
            1,
            *("dx", "dprev_h", "dWx", "dWh", "db", "float32_kept", "second_call_fails"),
            *("dnext_h", "x", "prev_h", "Wx", "Wh"),
            call=fails_twice(STEP_BACKWARD),
            draw=draw_step,
        ),
    ),
    (
        *slope_mistakes(DZ, "(1 - next_h**2)", "next_h", "dnext_h"),
        mistake("slope_of_x", "1 - x^2 is taken of the step's input, expected 1 - h^2 of next_h")(
            (DZ, "dz = dnext_h * (1 - x**2)")
        ),
        mistake("slope_of_prev_h", "1 - h^2 is taken of prev_h, expected of next_h")(
            (DZ, "dz = dnext_h * (1 - prev_h**2)")
        ),
        mistake("Wh_for_Wx", "dx goes back through Wh, expected through Wx, which x was multiplied by")(
            ("dx = dz @ Wx.T", "dx = dz @ Wh.T")
        ),
        mistake("no_dprev_h", "dprev_h is 0: the state before takes part in next_h by way of Wh")(
            ("dprev_h = dz @ Wh.T", "dprev_h = np.zeros_like(prev_h)")
        ),
        mistake("Wh_not_transposed", "dprev_h is dz Wh, expected dz Wh^T")(("dz @ Wh.T", "dz @ Wh")),
        mistake("dprev_h_past_tanh", "dprev_h is dnext_h Wh^T: the derivative of tanh is missing there")(
            ("dz @ Wh.T", "dnext_h @ Wh.T")
        ),
        mistake("dWh_transposed", "dWh is transposed: it is prev_h^T dz")(("prev_h.T @ dz", "dz.T @ prev_h")),
        mistake("dWh_of_next_h", "dWh is made with next_h, expected with prev_h, which Wh was multiplied by")(
            ("prev_h.T @ dz", "next_h.T @ dz")
        ),
        mistake("db_axis", "db is summed over the hidden units, expected over the N sequences (axis=0)")(
            ("axis=0", "axis=1")
        ),
        mistake("db_mean", "db is the mean over the N sequences, expected the sum")(("np.sum(dz", "np.mean(dz")),
        mistake("divided", "dWx, dWh and db are divided by N: a mean belongs to the loss")(
            ("return", "dWx, dWh, db = dWx / len(x), dWh / len(x), db / len(x)\n    return")
        ),
        mistake("order", "the gradients come in another order than dx, dprev_h, dWx, dWh, db")(
            ("return dx, dprev_h, dWx", "return dprev_h, dx, dWx")
        ),
        pops_cache("rnn_step_backward", "x, prev_h, Wx, Wh, next_h = cache"),
        mistake("changes_dnext_h", "dnext_h is changed by the call: dnext_h *= ... works in place")(
            (DZ, "dz = dnext_h\n    dz *= 1 - next_h**2")
        ),
        mistake("float64", FLOAT64)(("return dx,", "return dx.astype(np.float64),")),
    ),
)

TASKS = (rnn_step_forward, rnn_step_backward)

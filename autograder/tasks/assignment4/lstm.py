"""Tasks of lstm.ipynb: one step of an LSTM and a whole sequence, forward and backward."""

import numpy as np

from autograder.tasks.assignment4 import gated
from autograder.tasks.assignment4.rnn_steps import fails_twice
from autograder.tasks.layer_checks import CATCH_WARNINGS, FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import gradients, mistake, task_factory, values
from chainrule.recurrent import lstm

__all__ = ["TASKS"]

task = task_factory("assignment4", "lstm", lstm)


# One step forward.

FORWARD = "next_h, next_c, cache = lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b)"
STATES = ("prev_h", "prev_c")
WEIGHTS = ("Wx", "Wh", "b")
CUTS = "i, f, o = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H :]"
SIGMOIDS = "gates, _ = sigmoid_forward(a[:, : 3 * H])"
CANDIDATE = "g = np.tanh(a[:, 3 * H :])"
CELL = "next_c = f * prev_c + i * g"
HIDDEN = "next_h = o * tanh_c"


def tanh_gate(gate, name, number):
    """A mistake: tanh in the place of the sigmoid for one gate."""
    block = f"a[:, {number} * H : {number + 1} * H]"
    return mistake(
        f"tanh_{gate}", f"the {name} gate {gate} comes out of tanh: a gate goes from 0 to 1, so it needs the sigmoid"
    )((CANDIDATE, f"{CANDIDATE}\n    {gate} = np.tanh({block})"))


def order(blocks):
    """A mistake: the blocks of columns are taken for another order."""
    columns = {gate: f"a[:, {n} * H : {n + 1} * H]" for n, gate in enumerate(blocks)}
    gates = "\n    ".join(f"{gate} = sigmoid_forward({columns[gate]})[0]" for gate in "ifo")
    return mistake(f"order_{blocks}", f"the blocks of columns are read as {' '.join(blocks)}, expected i f o g")(
        (CANDIDATE, f"{gates}\n    g = np.tanh({columns['g']})")
    )


lstm_step_forward = task(
    "lstm_step_forward",
    FORWARD,
    gated.draw_step(4, *STATES),
    (
        values("next_h and next_c", 2, "next_h", "next_c"),
        values("N = 1", 0.5, "next_h", "next_c", draw=gated.draw_step(4, *STATES, N=1, square=True), cases=2),
        values(
            "scores of 1e3 and -1e3: right and quiet",
            0.5,
            *("next_h", "next_c", "no_warning"),
            call=CATCH_WARNINGS.format(FORWARD, "next_h"),
            draw=gated.extreme(gated.draw_step(4, *STATES)),
            rtol=1e-5,
        ),
        in_float32(
            "float32 kept, inputs unchanged",
            1,
            *("next_h", "next_c", "float32_kept", "x", *STATES, *WEIGHTS),
            call=with_dtype_check(FORWARD, "next_h"),
            draw=gated.draw_step(4, *STATES),
        ),
    ),
    (
        *(order(blocks) for blocks in ("iofg", "ifgo", "fiog", "gifo")),
        *(tanh_gate(*gate) for gate in (("i", "input", 0), ("f", "forget", 1), ("o", "output", 2))),
        mistake(
            "sigmoid_candidate",
            "the candidate g comes out of the sigmoid: it is a value from -1 to 1, so it needs tanh",
        )((CANDIDATE, CANDIDATE.replace("np.tanh(", "sigmoid_forward(").replace("g =", "g, _ ="))),
        mistake("no_squashing", "next_h is o * next_c: the tanh of the cell is missing")(
            ("tanh_c = np.tanh(next_c)", "tanh_c = next_c")
        ),
        mistake("forgets_h", "the forget gate multiplies prev_h, expected prev_c")(
            (CELL, CELL.replace("prev_c", "prev_h"))
        ),
        mistake("nothing_forgotten", "next_c is prev_c + i * g: the forget gate is missing")(
            (CELL, "next_c = prev_c + i * g")
        ),
        mistake("input_not_gated", "next_c is f * prev_c + g: the input gate does not multiply the candidate")(
            (CELL, "next_c = f * prev_c + g")
        ),
        mistake("one_minus_f", "next_c is f * prev_c + (1 - f) * g: the LSTM has an input gate of its own")(
            (CELL, "next_c = f * prev_c + (1 - f) * g")
        ),
        mistake("old_cell", "next_h comes from prev_c, expected from next_c")(("np.tanh(next_c)", "np.tanh(prev_c)")),
        mistake("no_bias", "the bias b is not added")((" @ Wh + b", " @ Wh")),
        mistake("no_recurrence", "prev_h Wh is missing from the scores")((" + prev_h @ Wh", "")),
        mistake("cell_as_state", "prev_c goes through Wh, expected prev_h")(("prev_h @ Wh", "prev_c @ Wh")),
        mistake("outputs_swapped", "next_c is returned before next_h, expected (next_h, next_c, cache)")(
            ("return next_h, next_c,", "return next_c, next_h,")
        ),
        mistake("overflow", gated.OVERFLOW)(
            ("sigmoid_forward(a[:, : 3 * H])", "1 / (1 + np.exp(-a[:, : 3 * H])), None")
        ),
        mistake("nan", gated.NAN)((SIGMOIDS, "gates = np.exp(a[:, : 3 * H])\n    gates = gates / (1 + gates)")),
        mistake("changes_c", gated.changed_in_place("prev_c"))(
            (CELL, "prev_c *= f\n    prev_c += i * g\n    next_c = prev_c + 0")
        ),
        mistake("float64", FLOAT64)((HIDDEN, "next_h = (o * tanh_c).astype(np.float64)")),
    ),
)

# One step backward.

BACKWARD = f"""{FORWARD}
loss = np.sum(next_h * dnext_h) + np.sum(next_c * dnext_c)
dx, dprev_h, dprev_c, dWx, dWh, db = lstm_step_backward(dnext_h, dnext_c, cache)"""
UPSTREAM = ("dnext_h", "dnext_c")
OUTPUTS = ("dx", "dprev_h", "dprev_c", "dWx", "dWh", "db")
draw_backward = gated.draw_step(4, *STATES, *UPSTREAM)
DC = "dc = dnext_c + dnext_h * o * (1 - tanh_c**2)"
RETURN = "return dx, dprev_h, dprev_c, dWx, dWh, db"
PARTS = ("di * i * (1 - i)", "df * f * (1 - f)", "do * o * (1 - o)", "dg * (1 - g**2)")


def backward_order(blocks):
    parts = {part[1]: part for part in PARTS}
    return mistake(
        f"order_{blocks}", f"the gradients of the gates are put together as {' '.join(blocks)}, expected i f o g"
    )((", ".join(PARTS), ", ".join(parts[gate] for gate in blocks)))


def draw_one_upstream(name):
    """Return the draw function of the backward pass with one upstream gradient set to zero."""

    def drawn(rng):
        inputs = draw_backward(rng)
        return inputs | {name: np.zeros_like(inputs[name])}

    return drawn


lstm_step_backward = task(
    "lstm_step_backward",
    BACKWARD,
    draw_backward,
    (
        gradients(
            "dx, dprev_h, dprev_c against numeric", 2.5, {"dx": "x", "dprev_h": "prev_h", "dprev_c": "prev_c"}, cases=2
        ),
        gradients("dWx, dWh, db against numeric", 1.5, {"dWx": "Wx", "dWh": "Wh", "db": "b"}, cases=2),
        values(
            "a loss of next_h alone, or of next_c alone",
            0.5,
            *OUTPUTS,
            draw=(draw_one_upstream("dnext_c"), draw_one_upstream("dnext_h")),
            cases=2,
        ),
        values("N = 1", 0.5, *OUTPUTS, draw=gated.draw_step(4, *STATES, *UPSTREAM, N=1, square=True)),
        in_float32(
            "a second time: same, float32; what comes in is unchanged",
            1,
            *(*OUTPUTS, "second_call_fails", "float32_kept", *UPSTREAM, *STATES),
            call=fails_twice(BACKWARD),
            draw=draw_backward,
        ),
    ),
    (
        mistake("no_dnext_c", "dnext_c is not used: the cell gets a gradient from the next step")(("dnext_c + ", "")),
        mistake(
            "no_path_from_h",
            "the path from next_h to the cell is missing: next_h = o * tanh(next_c) depends on next_c, too",
        )((DC, "dc = dnext_c")),
        mistake("in_place", "dnext_c is changed by the call: dc += ... after dc = dnext_c works on the caller's array")(
            (DC, "dc = dnext_c\n    dc += dnext_h * o * (1 - tanh_c**2)")
        ),
        mistake("tanh_of_c", "the derivative of tanh is taken as 1 - c^2, expected 1 - tanh(c)^2")(
            (DC, DC.replace("tanh_c", "(f * prev_c + i * g)"))
        ),
        mistake("tanh_of_h", "the derivative of tanh is taken as 1 - h^2, expected 1 - tanh(c)^2")(
            (DC, DC.replace("tanh_c", "(o * tanh_c)"))
        ),
        mistake("tanh_missing", "the factor 1 - tanh(c)^2 is missing")((DC, DC.replace(" * (1 - tanh_c**2)", ""))),
        mistake("o_missing", "the output gate is missing on the way from next_h to the cell")(
            ("dnext_h * o *", "dnext_h *")
        ),
        mistake("do_of_c", "the gradient of the output gate is dnext_h * c, expected dnext_h * tanh(c)")(
            ("do = dnext_h * tanh_c", "do = dnext_h * (f * prev_c + i * g)")
        ),
        mistake("dprev_c_without_f", "dprev_c lacks the forget gate: it is f times the gradient of next_c")(
            ("dc * f\n", "dc\n")
        ),
        mistake("dprev_c_direct", "dprev_c is f * dnext_c: the part that comes to the cell from next_h is missing")(
            ("dc * f\n", "dnext_c * f\n")
        ),
        mistake("forgets_h", "the gradient of the forget gate is dc * prev_h, expected dc * prev_c")(
            ("dc * prev_c", "dc * prev_h")
        ),
        mistake(
            "i_for_g",
            "the gradients of the input gate and of the candidate are exchanged: i is multiplied by g, and g by i",
        )(("di, df, dg = dc * g, dc * prev_c, dc * i", "di, df, dg = dc * i, dc * prev_c, dc * g")),
        mistake("sigmoid_missing", "the derivative s (1 - s) of the sigmoid is missing for the gates")(
            *((part, part[:2]) for part in PARTS[:3])
        ),
        mistake(
            "tanh_for_gates", "the gates get the derivative of tanh, 1 - s^2, expected that of the sigmoid, s (1 - s)"
        )(*((part, f"{part[:2]} * (1 - {part[1]}**2)") for part in PARTS[:3])),
        mistake("candidate_tanh", "the derivative 1 - g^2 of the candidate's tanh is missing")((PARTS[3], "dg")),
        mistake(
            "candidate_sigmoid", "the candidate gets the derivative of the sigmoid, expected that of tanh, 1 - g^2"
        )((PARTS[3], "dg * g * (1 - g)")),
        *(backward_order(blocks) for blocks in ("iofg", "ifgo", "fiog")),
        mistake("wh_for_wx", "dx goes through Wh, expected Wx")(("da @ Wx.T", "da @ Wh.T")),
        mistake("wx_for_wh", "dprev_h goes through Wx, expected Wh")(("da @ Wh.T", "da @ Wx.T")),
        mistake("dprev_h_missing", "dprev_h is zero: prev_h goes into all four blocks")(
            ("da @ Wh.T", "0 * (da @ Wh.T)")
        ),
        mistake("swapped", "dWx and dWh have changed places")(("dWx, dWh, db\n", "dWh, dWx, db\n")),
        mistake("db_axis", "db is summed over the columns (axis=1), expected over the examples (axis=0)")(
            ("axis=0)", "axis=1)")
        ),
        mistake("db_mean", "db is the mean over the examples, expected the sum")(("np.sum(da", "np.mean(da")),
        mistake("changes_cache", "an array in the cache is changed, so that a second call gives something else")(
            (DC, f"{DC}\n    tanh_c *= 0")
        ),
        mistake("float64", FLOAT64)((RETURN, RETURN.replace("dx,", "dx.astype(np.float64),"))),
    ),
)

# A whole sequence.


def draw_lstm(**sizes):
    return gated.draw_sequence(4, "h0", "dh", **sizes)


SEQUENCE = "h, cache = lstm_forward(x, h0, Wx, Wh, b)"

lstm_forward = task(
    "lstm_forward",
    SEQUENCE,
    draw_lstm(),
    (
        values("h of every step", 2, "h"),
        values("T = 1, and N = 1", 0.5, "h", draw=(draw_lstm(T=1), draw_lstm(N=1)), cases=2),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("h", "float32_kept", "x", "h0", *WEIGHTS),
            call=with_dtype_check(SEQUENCE, "h"),
            draw=draw_lstm(),
        ),
    ),
    (
        *gated.sequence_forward_mistakes("h", "h0", "prev_h"),
        mistake("c0_is_h0", "the cell starts from h0, expected from zeros")(("np.zeros_like(h0)", "h0")),
        mistake("c0_is_one", "the cell starts from ones, expected from zeros")(
            ("np.zeros_like(h0)", "np.ones_like(h0)")
        ),
        mistake(
            "cell_not_carried",
            "every step starts from an empty cell, expected from the cell that the step before has made",
        )(("prev_h, prev_c, Wx", "prev_h, np.zeros_like(h0), Wx")),
        mistake("cell_as_state", "the cell c is returned, expected the hidden state h")(
            ("h.append(prev_h)", "h.append(prev_c)")
        ),
    ),
)

THROUGH_TIME = f"{SEQUENCE}\nloss = np.sum(h * dh)\ndx, dh0, dWx, dWh, db = lstm_backward(dh, cache)"
OF_SEQUENCE = ("dx", "dh0", "dWx", "dWh", "db")

lstm_backward = task(
    "lstm_backward",
    THROUGH_TIME,
    draw_lstm(),
    (
        gradients("dx and dh0 against numeric", 2, {"dx": "x", "dh0": "h0"}, cases=2),
        gradients("dWx, dWh, db against numeric", 1, {"dWx": "Wx", "dWh": "Wh", "db": "b"}, cases=2),
        values("T = 1, and N = 1", 0.5, *OF_SEQUENCE, draw=(draw_lstm(T=1), draw_lstm(N=1)), cases=2),
        in_float32(
            "a second time: same, float32; dh, x, h0 unchanged",
            1,
            *(*OF_SEQUENCE, "second_call_fails", "float32_kept", "dh", "x", "h0"),
            call=fails_twice(THROUGH_TIME),
            draw=draw_lstm(),
        ),
    ),
    (
        *gated.sequence_backward_mistakes("h", "dprev_h"),
        mistake(
            "cell_not_carried", "no gradient of the cell comes back from the next step: c goes into step t + 1, too"
        )(("dprev_c, cache[t]", "0 * dprev_c, cache[t]")),
        mistake(
            "cell_for_state",
            "what comes back from the cell is returned as dh0, expected the gradient of the hidden state",
        )(("axis=1), dprev_h", "axis=1), dprev_c")),
        mistake(
            "states_exchanged",
            "the gradients from the next step are exchanged: that of h goes to c, and that of c to h",
        )(("dh[:, t] + dprev_h, dprev_c,", "dh[:, t] + dprev_c, dprev_h,")),
    ),
)

TASKS = (lstm_step_forward, lstm_step_backward, lstm_forward, lstm_backward)

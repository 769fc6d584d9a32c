"""Tasks of lstm.ipynb: one step of a gated recurrent unit and a whole sequence, forward and backward."""

from autograder.tasks.assignment4 import gated
from autograder.tasks.assignment4.rnn_steps import fails_twice
from autograder.tasks.layer_checks import CATCH_WARNINGS, FLOAT64, float32, in_float32, with_dtype_check
from autograder.tasks.spec import gradients, mistake, task_factory, values
from chainrule.recurrent import gru

__all__ = ["TASKS"]

task = task_factory("assignment4", "lstm", gru)


# One step forward.

FORWARD = "next_c, cache = gru_step_forward(x, prev_c, Wx, Wh, b)"
WEIGHTS = ("Wx", "Wh", "b")
CUTS = "u, r = gates[:, :H], gates[:, H:]"
SIGMOIDS = "gates, _ = sigmoid_forward(a[:, : 2 * H] + prev_c @ Wh[:, : 2 * H])"
CANDIDATE = "candidate = np.tanh(a[:, 2 * H :] + (r * prev_c) @ Wh[:, 2 * H :])"
MIX = "next_c = u * candidate + (1 - u) * prev_c"


def tanh_gate(gate, name, number):
    """A mistake: tanh in the place of the sigmoid for one gate."""
    block = f"[:, {number} * H : {number + 1} * H]"
    return mistake(
        f"tanh_{gate}", f"the {name} gate {gate} comes out of tanh: a gate goes from 0 to 1, so it needs the sigmoid"
    )((CUTS, f"{CUTS}\n    {gate} = np.tanh(a{block} + prev_c @ Wh{block})"))


def order(*blocks):
    """A mistake: the blocks of columns are taken for another order."""
    columns = [f"[:, {blocks.index(block)} * H : {blocks.index(block) + 1} * H]" for block in ("u", "r", "candidate")]
    gates = [f"{gate} = sigmoid_forward(a{columns[n]} + prev_c @ Wh{columns[n]})[0]" for n, gate in enumerate("ur")]
    return mistake(
        "order_" + "_".join(blocks), f"the blocks of columns are read as {' '.join(blocks)}, expected u r candidate"
    )((CUTS, "\n    ".join(gates)), (CANDIDATE, CANDIDATE.replace("[:, 2 * H :]", columns[2])))


gru_step_forward = task(
    "gru_step_forward",
    FORWARD,
    gated.draw_step(3, "prev_c"),
    (
        values("next_c", 1.5, "next_c"),
        values("N = 1", 0.5, "next_c", draw=gated.draw_step(3, "prev_c", N=1, square=True), cases=2),
        values(
            "scores of 1e3 and -1e3: right and quiet",
            0.5,
            *("next_c", "no_warning"),
            call=CATCH_WARNINGS.format(FORWARD, "next_c"),
            draw=gated.extreme(gated.draw_step(3, "prev_c")),
            rtol=1e-5,
        ),
        in_float32(
            "float32 kept, inputs unchanged",
            0.5,
            *("next_c", "float32_kept", "x", "prev_c", *WEIGHTS),
            call=with_dtype_check(FORWARD, "next_c"),
            draw=gated.draw_step(3, "prev_c"),
        ),
    ),
    (
        mistake(
            "update_reversed",
            "the update gate works the wrong way round: u is the weight of the candidate, 1 - u that of prev_c",
        )((MIX, "next_c = (1 - u) * candidate + u * prev_c")),
        mistake("no_one_minus_u", "next_c is u * candidate + prev_c: the factor 1 - u is missing")(
            (MIX, "next_c = u * candidate + prev_c")
        ),
        mistake("candidate_not_gated", "next_c is candidate + (1 - u) * prev_c: the factor u is missing")(
            (MIX, "next_c = candidate + (1 - u) * prev_c")
        ),
        mistake(
            "reset_after",
            "the reset gate multiplies prev_c Wh, as in PyTorch; here it multiplies prev_c before the matrix",
        )(("(r * prev_c) @ Wh[:, 2 * H :]", "r * (prev_c @ Wh[:, 2 * H :])")),
        mistake("no_reset", "the reset gate is not used: r * prev_c goes into the candidate")(
            ("(r * prev_c)", "prev_c")
        ),
        mistake("reset_reversed", "the reset gate works the wrong way round: r keeps prev_c, not 1 - r")(
            ("(r * prev_c)", "((1 - r) * prev_c)")
        ),
        mistake(
            "reset_in_mix", "the reset gate multiplies prev_c in the mix, too: it belongs into the candidate alone"
        )(("(1 - u) * prev_c", "(1 - u) * r * prev_c")),
        *(order(*blocks) for blocks in (("r", "u", "candidate"), ("candidate", "u", "r"), ("u", "candidate", "r"))),
        *(tanh_gate(*gate) for gate in (("u", "update", 0), ("r", "reset", 1))),
        mistake(
            "sigmoid_candidate", "the candidate comes out of the sigmoid: it is a value from -1 to 1, so it needs tanh"
        )((CANDIDATE, CANDIDATE.replace("candidate = np.tanh", "candidate, _ = sigmoid_forward"))),
        mistake("gates_from_x", "the gates come from x alone: prev_c Wh is missing")(
            (" + prev_c @ Wh[:, : 2 * H]", "")
        ),
        mistake("no_bias", "the bias b is not added")(("x @ Wx + b", "x @ Wx")),
        mistake("overflow", gated.OVERFLOW)(
            (SIGMOIDS, "gates = 1 / (1 + np.exp(-a[:, : 2 * H] - prev_c @ Wh[:, : 2 * H]))")
        ),
        mistake("nan", gated.NAN)(
            (SIGMOIDS, "gates = np.exp(a[:, : 2 * H] + prev_c @ Wh[:, : 2 * H])\n    gates = gates / (1 + gates)")
        ),
        mistake("changes_c", gated.changed_in_place("prev_c"))(
            (MIX, "prev_c *= 1 - u\n    prev_c += u * candidate\n    next_c = prev_c + 0")
        ),
        mistake("float64", FLOAT64)((MIX, "next_c = (u * candidate + (1 - u) * prev_c).astype(np.float64)")),
    ),
)

# One step backward.

BACKWARD = f"""{FORWARD}
loss = np.sum(next_c * dnext_c)
dx, dprev_c, dWx, dWh, db = gru_step_backward(dnext_c, cache)"""
OUTPUTS = ("dx", "dprev_c", "dWx", "dWh", "db")
draw_backward = gated.draw_step(3, "prev_c", "dnext_c")
DPREV = "dprev_c = dnext_c * (1 - u) + dkept * r + da_gates @ Wh[:, : 2 * H].T"
RETURN = "return da @ Wx.T, dprev_c, x.T @ da, dWh, np.sum(da, axis=0)"
DU, DR = "du * u * (1 - u)", "dr * r * (1 - r)"
DA = "da = np.concatenate([da_gates, da_c], axis=1)"


def backward_order(*blocks):
    """A mistake: the gradients of the blocks are concatenated in another order."""
    parts = {"u": DU, "r": DR, "candidate": "da_c"}
    return mistake(
        "order_" + "_".join(blocks),
        f"the gradients of the blocks are put together as {' '.join(blocks)}, expected u r candidate",
    )((DA, f"da = np.concatenate([{', '.join(parts[block] for block in blocks)}], axis=1)"))


gru_step_backward = task(
    "gru_step_backward",
    BACKWARD,
    draw_backward,
    (
        gradients("dx and dprev_c against numeric", 2, {"dx": "x", "dprev_c": "prev_c"}, cases=2),
        gradients("dWx, dWh, db against numeric", 1, {"dWx": "Wx", "dWh": "Wh", "db": "b"}, cases=2),
        values("N = 1", 0.5, *OUTPUTS, draw=gated.draw_step(3, "prev_c", "dnext_c", N=1, square=True)),
        in_float32(
            "a second time: same, float32; what comes in is unchanged",
            1,
            *(*OUTPUTS, "second_call_fails", "float32_kept", "dnext_c", "prev_c", "x"),
            call=fails_twice(BACKWARD),
            draw=draw_backward,
        ),
    ),
    (
        mistake(
            "update_reversed",
            "the gradient of the update gate has the wrong sign: next_c grows with u where the candidate is above prev_c",
        )(("(candidate - prev_c)", "(prev_c - candidate)")),
        mistake("du_of_candidate", "the gradient of the update gate is dnext_c * candidate: u is in 1 - u, too")(
            ("(candidate - prev_c)", "candidate")
        ),
        mistake("no_u", "the gradient of the candidate lacks the factor u")((", dnext_c * u\n", ", dnext_c * 1\n")),
        mistake("no_reset_gradient", "the gradient of the reset gate is missing: r is inside of the candidate")(
            ("dr = dkept * prev_c", "dr = 0 * prev_c")
        ),
        mistake(
            "reset_after",
            "the gradient of the reset gate is that of r * (prev_c Wh), as in PyTorch; here r multiplies prev_c before the matrix",
        )(("dr = dkept * prev_c", "dr = da_c * (prev_c @ Wh[:, 2 * H :])")),
        mistake("no_direct_path", "dprev_c lacks the direct path, dnext_c * (1 - u)")(
            ("dnext_c * (1 - u) + dkept", "dkept")
        ),
        mistake("no_one_minus_u", "dnext_c goes to dprev_c without the factor 1 - u")(
            ("dnext_c * (1 - u) + dkept", "dnext_c + dkept")
        ),
        mistake("u_for_one_minus_u", "dnext_c goes to dprev_c with the factor u, expected 1 - u")(
            ("dnext_c * (1 - u) + dkept", "dnext_c * u + dkept")
        ),
        mistake("no_reset_path", "dprev_c lacks the path through r * prev_c and the candidate")((" + dkept * r", "")),
        mistake("reset_path_without_r", "the path to dprev_c through the candidate lacks the factor r")(
            ("dkept * r +", "dkept +")
        ),
        mistake("no_gate_path", "dprev_c lacks the path through the two gates")((" + da_gates @ Wh[:, : 2 * H].T", "")),
        mistake("dwh_without_r", "the last block of dWh comes from prev_c, expected from r * prev_c")(
            ("(r * prev_c).T", "prev_c.T")
        ),
        mistake("wh_not_transposed", "the candidate's gradient goes back through Wh, expected through its transpose")(
            ("da_c @ Wh[:, 2 * H :].T", "da_c @ Wh[:, 2 * H :]")
        ),
        mistake("sigmoid_missing", "the derivative s (1 - s) of the sigmoid is missing for the gates")(
            (DU, "du"), (DR, "dr")
        ),
        mistake(
            "tanh_for_gates", "the gates get the derivative of tanh, 1 - s^2, expected that of the sigmoid, s (1 - s)"
        )((DU, "du * (1 - u**2)"), (DR, "dr * (1 - r**2)")),
        mistake("tanh_missing", "the derivative 1 - candidate^2 of the tanh is missing")((" * (1 - candidate**2)", "")),
        *(backward_order(*blocks) for blocks in (("r", "u", "candidate"), ("candidate", "u", "r"))),
        mistake("swapped", "dWx and dWh have changed places")(
            (RETURN, "return da @ Wx.T, dprev_c, dWh, x.T @ da, np.sum(da, axis=0)")
        ),
        mistake("db_axis", "db is summed over the columns (axis=1), expected over the examples (axis=0)")(
            ("axis=0)", "axis=1)")
        ),
        mistake("db_mean", "db is the mean over the examples, expected the sum")(("np.sum(da", "np.mean(da")),
        mistake("changes_dnext_c", gated.changed_in_place("dnext_c"))((DPREV, f"{DPREV}\n    dnext_c *= u")),
        mistake("changes_cache", "an array in the cache is changed, so that a second call gives something else")(
            (DPREV, f"{DPREV}\n    candidate *= u")
        ),
        mistake("float64", FLOAT64)(("return da @ Wx.T,", "return (da @ Wx.T).astype(np.float64),")),
    ),
)

# A whole sequence.


def draw_gru(**sizes):
    return gated.draw_sequence(3, "c0", "dc", **sizes)


SEQUENCE = "c, cache = gru_forward(x, c0, Wx, Wh, b)"

gru_forward = task(
    "gru_forward",
    SEQUENCE,
    draw_gru(),
    (
        values("c of every step", 1, "c"),
        values(
            "T = 1, and N = 1: right, float32; inputs unchanged",
            0.5,
            *("c", "float32_kept", "x", "c0", *WEIGHTS),
            call=with_dtype_check(SEQUENCE, "c"),
            draw=(float32(draw_gru(T=1)), float32(draw_gru(N=1))),
            cases=2,
            layout="strided",
            rtol=1e-5,
        ),
    ),
    gated.sequence_forward_mistakes("c", "c0", "prev_c"),
)

THROUGH_TIME = f"{SEQUENCE}\nloss = np.sum(c * dc)\ndx, dc0, dWx, dWh, db = gru_backward(dc, cache)"
OF_SEQUENCE = ("dx", "dc0", "dWx", "dWh", "db")

gru_backward = task(
    "gru_backward",
    THROUGH_TIME,
    draw_gru(),
    (
        gradients("dx and dc0 against numeric", 1, {"dx": "x", "dc0": "c0"}, cases=2),
        gradients("dWx, dWh, db against numeric", 0.5, {"dWx": "Wx", "dWh": "Wh", "db": "b"}, cases=2),
        values("T = 1, and N = 1", 0.5, *OF_SEQUENCE, draw=(draw_gru(T=1), draw_gru(N=1)), cases=2),
        in_float32(
            "a second time: same, float32; dc, x, c0 unchanged",
            0.5,
            *(*OF_SEQUENCE, "second_call_fails", "float32_kept", "dc", "x", "c0"),
            call=fails_twice(THROUGH_TIME),
            draw=draw_gru(),
        ),
    ),
    gated.sequence_backward_mistakes("c", "dprev_c"),
)

TASKS = (gru_step_forward, gru_step_backward, gru_forward, gru_backward)

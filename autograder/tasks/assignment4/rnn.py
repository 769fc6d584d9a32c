"""Tasks of rnn.ipynb: a recurrent layer on whole sequences; those of one step are in `rnn_steps`."""

from autograder.tasks.assignment4.rnn_steps import fails_twice, pops_cache, sizes, slope_mistakes, task, weights
from autograder.tasks.layer_checks import FLOAT64, in_float32, with_dtype_check
from autograder.tasks.spec import gradients, growth, mistake, values

__all__ = ["TASKS"]


def draw_sequences(rng, N=None, T=None, D=None, H=None, scale=1):
    N, T, D, H = sizes(rng, N, T, D, H)
    inputs = {"x": scale * rng.normal(size=(N, T, D)), "h0": rng.uniform(-1, 1, (N, H))}
    return inputs | weights(rng, D, H) | {"dh": rng.normal(size=(N, T, H))}


def draw_one_step(rng):
    return draw_sequences(rng, T=1)


def draw_one_sequence(rng):
    return draw_sequences(rng, N=1)


def draw_square_sequences(rng):
    return draw_sequences(rng, D=4, H=4)


def draw_huge_sequences(rng):
    return draw_sequences(rng, scale=1e4)


def few_sequences(rng):
    return draw_sequences(rng, 5, 3, 4, 2) | {"N": 5}


def many_sequences(rng):
    return draw_sequences(rng, 50, 3, 4, 2) | {"N": 50}


FORWARD = "h, cache = rnn_forward(x, h0, Wx, Wh, b)"
LOSS = f"{FORWARD}\nloss = (h * dh).sum()\n"
BACKWARD = LOSS + "dx, dh0, dWx, dWh, db = rnn_backward(dh, cache)"


STATE = "prev_h = np.tanh(from_x[:, t] + prev_h @ Wh)"

rnn_forward = task(
    "rnn_forward",
    FORWARD,
    draw_sequences,
    (
        values("all hidden states", 1, "h"),
        values("T = 1, and N = 1", 1, "h", draw=(draw_one_step, draw_one_sequence, draw_one_step)),
        values("inputs of 1e4", 0.5, "h", draw=draw_huge_sequences, cases=2, strict="extremes"),
        in_float32(
            "float32 kept, inputs unchanged",
            1,
            *("h", "float32_kept", "x", "h0", "Wx", "Wh", "b"),
            call=with_dtype_check(FORWARD, "h"),
            draw=draw_sequences,
        ),
        growth(0.5, few_sequences, many_sequences),
    ),
    (
        mistake("h0_ignored", "h0 is ignored: the first step starts from zeros")(
            ("np.empty_like(from_x), h0", "np.empty_like(from_x), np.zeros_like(h0)")
        ),
        mistake("reversed", "the steps are run from the last to the first, expected from the first to the last")(
            ("in range(T)", "in reversed(range(T))")
        ),
        mistake("not_carried", "every step starts from h0: the new state is not carried to the next step")(
            (STATE, STATE.replace("prev_h @", "h0 @"))
        ),
        mistake("no_bias", "the bias b is not added")((" @ Wx + b)", " @ Wx)")),
        mistake("one_bias", "the bias b is added at the first step alone, expected at every step")(
            (" @ Wx + b)", " @ Wx)"), (STATE, STATE.replace("from_x[:, t]", "from_x[:, t] + (t == 0) * b"))
        ),
        mistake("one_input", "every step gets the first input, expected x[:, t]")(("from_x[:, t]", "from_x[:, 0]")),
        mistake("last_only", "only the last state is returned, expected all T of them, (N, T, H)")(
            ("return h,", "return h[:, -1],")
        ),
        mistake("time_first", "h has the axes (T, N, H), expected (N, T, H)")(
            ("return h,", "return h.transpose(1, 0, 2),")
        ),
        mistake("shifted", "h[:, t] holds the state before step t, so that h[:, 0] is h0: expected the state after it")(
            (f"{STATE}\n        h[:, t] = prev_h", f"h[:, t] = prev_h\n        {STATE}")
        ),
        mistake("carries_sum", "what is carried on is the sum before tanh, expected tanh of it")(
            (STATE, STATE.replace("np.tanh(", "(")), ("h[:, t] = prev_h", "h[:, t] = np.tanh(prev_h)")
        ),
        mistake("Wh_transposed", "the state is multiplied by the transpose of Wh")(("prev_h @ Wh)", "prev_h @ Wh.T)")),
        mistake("running_sum", "the states are added up over time, expected each for itself")(
            ("h[:, t] = prev_h", "h[:, t] = prev_h + (h[:, t - 1] if t else 0)")
        ),
        mistake("one_by_one", "the N sequences go through one by one, expected together")(
            (STATE, "prev_h = np.array([np.tanh(from_x[n, t] + prev_h[n] @ Wh) for n in range(N)])")
        ),
        mistake("changes_h0", "h0 is changed by the call: keep the running state in an array of its own")(
            ("prev_h = np.tanh", "prev_h[:] = np.tanh")
        ),
        mistake("float64", FLOAT64)(("np.empty_like(from_x)", "np.zeros(from_x.shape)")),
    ),
)

DZ_T = "dz[:, t] = (dh[:, t] + dprev_h) * (1 - h[:, t] ** 2)"
CARRIED = "dprev_h = dz[:, t] @ Wh.T"

rnn_backward = task(
    "rnn_backward",
    BACKWARD,
    draw_sequences,
    (
        gradients("dx and dh0 against numeric", 1.5, {"dx": "x", "dh0": "h0"}, cases=2),
        gradients("dWx, dWh and db against numeric", 1.5, {"dWx": "Wx", "dWh": "Wh", "db": "b"}, cases=2),
        values(
            "T = 1, and N = 1", 1, "dx", "dh0", "dWx", "dWh", "db", draw=(draw_one_step, draw_one_sequence), cases=2
        ),
        values("D = H", 0.5, "dx", "dh0", "dWx", "dWh", "db", draw=draw_square_sequences, cases=2),
        in_float32(
            "a second time: same, float32, inputs unchanged",
            1,
            *("dx", "dh0", "dWx", "dWh", "db", "float32_kept", "second_call_fails"),
            *("dh", "x", "h0", "Wx", "Wh"),
            call=fails_twice(BACKWARD),
            draw=draw_sequences,
        ),
        growth(0.5, few_sequences, many_sequences),
    ),
    (
        *slope_mistakes(DZ_T, "(1 - h[:, t] ** 2)", "h[:, t]", "dh[:, t]"),
        mistake("slope_of_prev_h", "1 - h^2 is taken of the state before the step, expected of the state after it")(
            (DZ_T, DZ_T.replace("(1 - h[", "(1 - before["))
        ),
        mistake("not_carried", "no gradient comes from the next step: dh[:, t] and the carried dprev_h add up")(
            ("dh[:, t] + dprev_h", "dh[:, t]")
        ),
        mistake(
            "last_dh_only",
            "dh[:, t] of the earlier steps is not added: each state gets its own share and the carried one",
        )(("dh[:, t] + dprev_h", "dprev_h + (t == T - 1) * dh[:, t]")),
        mistake(
            "carried_adds_up",
            "the carried gradient is added up over the steps (dprev_h += ...), expected the one of the next step alone",
        )((CARRIED, CARRIED.replace(" = ", " = dprev_h + "))),
        mistake("reversed", "the steps are run from the first to the last, expected from the last to the first")(
            ("in reversed(range(T))", "in range(T)")
        ),
        mistake(
            "overwritten",
            "dWx, dWh and db are those of one step (= where += is due): the weights serve every step, so the gradients add up",
        )(
            ("x.reshape(N * T, D).T @ rows", "x[:, 0].T @ dz[:, 0]"),
            ("before.reshape(N * T, H).T @ rows", "h0.T @ dz[:, 0]"),
            ("np.sum(rows, axis=0)", "np.sum(dz[:, 0], axis=0)"),
        ),
        mistake("mean_over_time", "dWx, dWh and db are divided by T, expected the sum over the steps")(
            ("return", "dWx, dWh, db = dWx / T, dWh / T, db / T\n    return")
        ),
        mistake(
            "db_over_N", "db is summed over the sequences alone and has shape (T, H), expected over the steps, too"
        )(("np.sum(rows, axis=0)", "np.sum(dz, axis=0)")),
        mistake(
            "db_over_T", "db is summed over the steps alone and has shape (N, H), expected over the sequences, too"
        )(("np.sum(rows, axis=0)", "np.sum(dz, axis=1)")),
        mistake("no_dh0", "dh0 is 0: the initial state takes part in every state")(
            ("return dx, dprev_h", "return dx, np.zeros_like(h0)")
        ),
        mistake("dh0_early", "dh0 is the gradient at h_1: it has yet to pass tanh and Wh of the first step")(
            ("return dx, dprev_h", "return dx, dz[:, 0] / (1 - h[:, 0] ** 2)")
        ),
        mistake("h0_ignored", "dWh leaves out the first step, where h0 was multiplied by Wh")(
            ("[h0[:, None], h[:, :-1]]", "[0 * h0[:, None], h[:, :-1]]")
        ),
        mistake("dWh_of_h", "dWh is made with h_t, expected with h_{t-1}, which Wh was multiplied by")(
            ("before.reshape", "h.reshape")
        ),
        mistake("Wh_for_Wx", "dx goes back through Wh, expected through Wx")(
            ("(rows @ Wx.T).reshape(N, T, D)", "(rows @ Wh.T).reshape(N, T, H)")
        ),
        mistake("Wh_not_transposed", "the carried gradient is multiplied by Wh, expected by its transpose")(
            (CARRIED, CARRIED[:-2])
        ),
        mistake("dx_reversed", "dx stands in the order in which it was computed, last step first")(
            ("reshape(N, T, D)\n    dWx", "reshape(N, T, D)[:, ::-1]\n    dWx")
        ),
        mistake("one_by_one", "the N sequences go back one by one, expected together")(
            (CARRIED, "dprev_h = np.array([dz[n, t] @ Wh.T for n in range(N)])")
        ),
        pops_cache("rnn_backward", "x, h0, Wx, Wh, h = cache"),
        mistake("changes_dh", "dh is changed by the call: dh[:, t] += ... works in place")(
            (DZ_T, "dh[:, t] += dprev_h\n        " + DZ_T.replace(" + dprev_h", ""))
        ),
        mistake("float64", FLOAT64)(("return dx,", "return dx.astype(np.float64),")),
    ),
)

TASKS = (rnn_forward, rnn_backward)

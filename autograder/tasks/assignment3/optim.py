"""Tasks of fully_connected.ipynb: update rules, one step and several; `schedules` has those of the learning rate."""

from autograder.tasks.layer_checks import float32
from autograder.tasks.spec import Task, mistake, values
from chainrule import optim

__all__ = ["TASKS"]

SHAPES = ((4, 3), (5,), (2, 3, 2, 2))

DEFAULTS = """
import numpy as np
first, second = ({name}(w.copy(), dw.copy())[0] for _ in range(2))
own = np.array_equal(first, second, equal_nan=True)
next_w, config = {name}(w, dw.copy())
next_w, config = {name}(next_w, dw, config)
"""
STRICT = """
next_w, config = {name}(w, dw, {{"learning_rate": learning_rate}})
float32_kept = str(next_w.dtype) == "float32"
"""


def draw_step(state, settings, counter, shape):
    """Return a function that draws weights, gradients, the state of the rule and its settings.

    Of the gradients one is 0, and others are so small that the default of epsilon makes a difference.
    """

    def draw(rng):
        inputs = {"w": rng.normal(size=shape), "dw": rng.normal(size=shape), "dws": rng.normal(size=(4, *shape))}
        inputs["dw"].flat[:3] = [0.0, 1e-8, -1e-7]
        for name in state:  # mean squares are positive
            inputs[name] = rng.uniform(0.1, 2, shape) if name in ("cache", "v") else rng.normal(size=shape)
        if counter:
            inputs[counter] = int(rng.integers(2, 6))
        return inputs | {name: float(rng.uniform(*ends)) for name, ends in settings.items()}

    return draw


def rule_task(name, settings, mistakes, state=(), counter="", points=(0.5, 0.5, 0.5, 0.5)):
    """Return the Task of an update rule: one step from a given state, four steps, the defaults, float32.

    settings: {key of config: (least, greatest)}; state: keys of the arrays it keeps; counter: the key that counts.
    """
    keys = (*state, *([counter] if counter else []))
    outputs = ("next_w", *(f"next_{key}" for key in keys))
    read_state = "".join(f'next_{key} = config["{key}"]\n' for key in keys)
    chosen = ", ".join(f'"{key}": {key}' for key in (*settings, *([counter] if counter else [])))
    # A rule may change the arrays of its state in place: it gets copies.
    config = ", ".join([chosen, *(f'"{key}": {key}.copy()' for key in state)])
    one_step = f"next_w, config = {name}(w, dw, {{{config}}})\n{read_state}"
    chosen = ", ".join(f'"{key}": {key}' for key in settings)
    four_steps = (
        f"next_w, config = w, {{{chosen}}}\nfor g in dws:\n    next_w, config = {name}(next_w, g, config)\n{read_state}"
    )
    default_config = DEFAULTS.format(name=name) + read_state
    draws = tuple(draw_step(state, settings, counter, shape) for shape in SHAPES)
    # The defaults are asked once: a rule with a mutable default answers in another way each time.
    checks = (
        values("one step, weights of any shape", points[0], *outputs, draw=draws, layout="strided"),
        values("four steps in a row", points[1], *outputs, call=four_steps, cases=2),
        values("defaults, a state for each weight", points[2], "own", *outputs, call=default_config, cases=1),
        values(
            "float32 kept; w, dw unchanged",
            points[3],
            *("next_w", "float32_kept", "w", "dw"),
            call=STRICT.format(name=name),
            draw=float32(draws[0]),
            cases=1,
            rtol=1e-5,
        ),
    )
    checks = tuple(check for check in checks if check.points)
    return Task(name, optim, "assignment3", "fully_connected", one_step, draws[0], checks, mistakes)


def common_mistakes(step):
    """Return the mistakes that all rules share. step: the reference's text after `next_w = w`, with its sign."""
    sign, amount = step[1], step[3:]
    return (
        mistake("in_place", "the weights passed in are changed: `w - step` makes a new array, `w -= step` does not")(
            (f"next_w = w{step}", f"next_w = w\n    next_w {sign}= {amount}")
        ),
        mistake("no_rate", "the gradient is not multiplied by the learning rate")(('config["learning_rate"] * ', "")),
        mistake("fixed_rate", "the learning rate of config is not used: the default is for a config that has none")(
            ('config["learning_rate"]', 'defaults["learning_rate"]')
        ),
    )


def memory_mistakes(stored):
    """Return the mistakes in the state that a rule keeps from step to step. stored: the end of the reference's last line."""
    new = "".join(
        f"config[{item.split(': ')[0]}] = {item.split(': ')[1]}\n    " for item in stored.strip("{}").split(", ")
    )
    return (
        mistake("forgets", "the config returned still holds the old state: store what the next step needs")(
            (f"config | {stored}", "config")
        ),
        mistake(
            "double_precision",
            "float32 weights come back as float64: np.zeros(w.shape) is float64, np.zeros_like(w) has the dtype of w",
        )(("np.zeros_like(w)", "np.zeros(w.shape)")),
        mistake(
            "mutable_default",
            "two weights share one state: a default such as config={} is made once, for all calls; use None",
        )(
            ("config=None", "config={}"),
            (
                "config = defaults | (config or {})",
                "for key, value in defaults.items():\n        config.setdefault(key, value)",
            ),
            (f"return next_w, config | {stored}", f"{new}return next_w, config"),
        ),
    )


def wrong_default(key, reference, replacement):
    return mistake(f"default_{key}", f"the default of {key} is {reference}")(
        (f'"{key}": {reference}', f'"{key}": {replacement}')
    )


UPHILL = "the step goes uphill: it must go against the gradient"
STEP = ' - config["learning_rate"] * dw'

sgd = rule_task(
    "sgd",
    {"learning_rate": (0.05, 0.5)},
    (
        *common_mistakes(STEP),
        mistake("ascends", UPHILL)(("w - config", "w + config")),
        wrong_default("learning_rate", "1e-2", "1e-3"),
        mistake(
            "gradient_in_place", "the gradient passed in is changed: `dw *= rate` works in place, `rate * dw` does not"
        )((f"next_w = w{STEP}", 'dw *= config["learning_rate"]\n    next_w = w - dw')),
        mistake("decays", "the weights are shrunk as well: the rule subtracts learning_rate * dw and nothing else")(
            (f"w{STEP}", f'w * (1 - config["learning_rate"]){STEP}')
        ),
    ),
    points=(0.5, 0, 0.5, 0.5),
)

VELOCITY = 'config["momentum"] * config["velocity"] - config["learning_rate"] * dw'

sgd_momentum = rule_task(
    "sgd_momentum",
    {"learning_rate": (0.05, 0.5), "momentum": (0.5, 0.95)},
    (
        *common_mistakes(" + v"),
        *memory_mistakes('{"velocity": v}'),
        wrong_default("momentum", "0.9", "0.99"),
        mistake("velocity_sign", "the velocity is subtracted: the minus sign is in it already, so it must be added")(
            ("next_w = w + v", "next_w = w - v")
        ),
        mistake(
            "ascends", "the gradient is added to the velocity, so that it points uphill: subtract learning_rate * dw"
        )(("- config", "+ config")),
        mistake("wrong_term", "momentum multiplies the gradient, expected the old velocity")(
            (VELOCITY, 'config["velocity"] - config["momentum"] * config["learning_rate"] * dw')
        ),
        mistake("both_terms", "momentum multiplies the gradient, too: only the old velocity is multiplied")(
            (VELOCITY, 'config["momentum"] * (config["velocity"] - config["learning_rate"] * dw)')
        ),
        mistake("average", "the gradient is multiplied by 1 - momentum: the velocity is a sum that fades, not a mean")(
            ("- config", '- (1 - config["momentum"]) * config')
        ),
        mistake(
            "rate_outside",
            "the velocity holds no learning rate; this course uses v = momentum * velocity - learning_rate * dw",
        )((VELOCITY, 'config["momentum"] * config["velocity"] + dw'), ("w + v", 'w - config["learning_rate"] * v')),
        mistake("old_velocity", "the weights move by the velocity before the update: renew v first")(
            ("w + v", 'w + config["velocity"]')
        ),
        mistake("no_momentum", "the old velocity is left out: this is plain gradient descent")(
            ('config["momentum"] * config["velocity"] - config', "-config")
        ),
        mistake("no_friction", "the old velocity is not multiplied by momentum")(
            ('config["momentum"] * config', "config")
        ),
        mistake("nesterov", "this is Nesterov's step, which looks ahead: here the weights move by v and nothing else")(
            ("w + v", 'w + v + config["momentum"] * (v - config["velocity"])')
        ),
        mistake("gradient_twice", "the gradient enters twice, in v and in next_w: it is in v already")(
            ("w + v", 'w + v - config["learning_rate"] * dw')
        ),
    ),
    ("velocity",),
)

nesterov_momentum = rule_task(
    "nesterov_momentum",
    {"learning_rate": (0.05, 0.5), "momentum": (0.5, 0.95)},
    (
        *common_mistakes(" + v + momentum * (v - velocity)"),
        *memory_mistakes('{"velocity": v}'),
        wrong_default("momentum", "0.9", "0.99"),
        mistake(
            "plain_momentum",
            "this is the step of plain momentum: next_w must be the point ahead, so momentum * (v - velocity) is due, too",
        )(("w + v + momentum * (v - velocity)", "w + v")),
        mistake(
            "not_from_ahead",
            "the step ahead is added, but the old one not taken back: w is ahead by momentum * velocity already",
        )(("momentum * (v - velocity)", "momentum * v")),
        mistake("back_whole", "the whole old velocity is taken back, expected momentum times the old velocity")(
            ("w + v + momentum * (v - velocity)", "w + (1 + momentum) * v - velocity")
        ),
        mistake("behind", "old and new velocity are exchanged: the step ahead is momentum * (v - velocity)")(
            ("(v - velocity)", "(velocity - v)")
        ),
        mistake("only_ahead", "the step v itself is missing: only the change of the look ahead is added")(
            ("w + v + momentum", "w + momentum")
        ),
        mistake("ahead_of_old", "the look ahead uses the velocity before the update, expected the new one")(
            ("momentum * (v - velocity)", "momentum * velocity")
        ),
        mistake(
            "ascends", "the gradient is added to the velocity, so that it points uphill: subtract learning_rate * dw"
        )(("- config", "+ config")),
        mistake("velocity_sign", "the velocity is subtracted: the minus sign is in it already")(
            ("w + v + momentum * (v - velocity)", "w - v - momentum * (v - velocity)")
        ),
        mistake("no_friction", "the old velocity is not multiplied by momentum in v")(
            ("v = momentum * velocity", "v = velocity")
        ),
    ),
    ("velocity",),
)

ROOT = '(np.sqrt(c) + config["epsilon"])'

rmsprop = rule_task(
    "rmsprop",
    {"learning_rate": (0.05, 0.5), "decay_rate": (0.7, 0.95), "epsilon": (0.01, 0.1)},
    (
        *common_mistakes(f"{STEP} / {ROOT}"),
        *memory_mistakes('{"cache": c}'),
        wrong_default("decay_rate", "0.99", "0.9"),
        mistake("ascends", UPHILL)(("w - config", "w + config")),
        mistake(
            "rates_swapped",
            "decay_rate multiplies the new square and 1 - decay_rate the old mean: it is the other way round",
        )(("decay_rate * config", "(1 - decay_rate) * config"), ("+ (1 - decay_rate) * dw", "+ decay_rate * dw")),
        mistake("sum", "the squares are added without the factor 1 - decay_rate, so that c is no mean")(
            ("(1 - decay_rate) * dw**2", "dw**2")
        ),
        mistake("adagrad", "the squares of all steps are added up, which is AdaGrad: here c is a mean that forgets")(
            ('decay_rate * config["cache"] + (1 - decay_rate) * dw**2', 'config["cache"] + dw**2')
        ),
        mistake("no_square", "c is the mean of the gradients, expected the mean of their squares")(("dw**2", "dw")),
        mistake("magnitude", "c is the mean of |dw|, expected the mean of dw^2")(("dw**2", "np.abs(dw)")),
        mistake("no_root", "the gradient is divided by c, expected the square root of c")(("np.sqrt(c)", "c")),
        mistake("eps_inside", "epsilon stands inside the square root, expected outside: sqrt(c) + epsilon")(
            (ROOT, 'np.sqrt(c + config["epsilon"])')
        ),
        mistake("no_eps", "epsilon is missing from the denominator")((ROOT, "np.sqrt(c)")),
        mistake("old_cache", "the gradient is divided by the root of the old cache: renew it first")(
            ("np.sqrt(c)", 'np.sqrt(config["cache"])')
        ),
        mistake("one_mean", "one mean square over all entries is used, expected one for every weight")(
            ("dw**2", "np.mean(dw**2)")
        ),
    ),
    ("cache",),
)

M_HAT, V_HAT = "m / (1 - beta1**t)", "v / (1 - beta2**t)"
M, V = 'm = beta1 * config["m"] + (1 - beta1) * dw', 'v = beta2 * config["v"] + (1 - beta2) * dw**2'
ADAM_STEP = ' - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])'

adam = rule_task(
    "adam",
    {"learning_rate": (0.05, 0.5), "beta1": (0.6, 0.9), "beta2": (0.91, 0.98), "epsilon": (0.01, 0.1)},
    (
        *common_mistakes(ADAM_STEP),
        *memory_mistakes('{"m": m, "v": v, "t": t}'),
        wrong_default("beta2", "0.999", "0.99"),
        wrong_default("learning_rate", "1e-3", "1e-2"),
        mistake("ascends", UPHILL)(("w - config", "w + config")),
        mistake("no_correction", "the bias correction is missing: divide m by 1 - beta1^t and v by 1 - beta2^t")(
            (M_HAT, "m"), (V_HAT, "v")
        ),
        mistake("m_not_corrected", "only v is corrected: m must be divided by 1 - beta1^t")((M_HAT, "m")),
        mistake("v_not_corrected", "only m is corrected: v must be divided by 1 - beta2^t")((V_HAT, "v")),
        mistake("counted_after", "t is counted after it is used: add 1 first, so that the first step has t = 1")(
            ('t = config["t"] + 1', 't = config["t"]'), ('"t": t}', '"t": t + 1}')
        ),
        mistake("not_counted", "the new t is not stored in config, so every step is taken for the same one")(
            (', "t": t}', "}")
        ),
        mistake("product", "the correction uses beta * t, expected the power beta^t")(
            ("beta1**t", "beta1 * t"), ("beta2**t", "beta2 * t")
        ),
        mistake(
            "stores_corrected",
            "config keeps the corrected m and v, which are then corrected again: keep them as they were before",
        )(('{"m": m, "v": v', '{"m": m_hat, "v": v_hat')),
        mistake("moments_swapped", "m and v are exchanged in the step: m goes above the line, the root of v below")(
            ("m_hat / (np.sqrt(v_hat)", "v_hat / (np.sqrt(m_hat)")
        ),
        mistake("betas_swapped", "beta1 and beta2 are exchanged: beta1 belongs to m, beta2 to v")(
            ('config["beta1"], config["beta2"]', 'config["beta2"], config["beta1"]')
        ),
        mistake("sums", "m and v lack the factors 1 - beta1 and 1 - beta2 before the new gradient")(
            ("(1 - beta1) * dw", "dw"), ("(1 - beta2) * dw", "dw")
        ),
        mistake("no_square", "v is the mean of the gradients, expected the mean of their squares")(("dw**2", "dw")),
        mistake("square_of_m", "v is made of the squares of m, expected the squares of dw")(("dw**2", "m**2")),
        mistake("no_root", "the step is divided by v, expected the square root of v")(("np.sqrt(v_hat)", "v_hat")),
        mistake("eps_inside", "epsilon stands inside the square root, expected outside")(
            ('(np.sqrt(v_hat) + config["epsilon"])', 'np.sqrt(v_hat + config["epsilon"])')
        ),
        mistake(
            "eps_first", "epsilon is added before v is corrected, expected after: sqrt(v / (1 - beta2^t)) + epsilon"
        )(('(np.sqrt(v_hat) + config["epsilon"])', '((np.sqrt(v) + config["epsilon"]) / (1 - beta2**t) ** 0.5)')),
        mistake("no_eps", "epsilon is missing from the denominator")((' + config["epsilon"]', "")),
        mistake(
            "one_array",
            "m and v are one and the same array at the start, so a change of one changes the other: make two",
        )(
            ('"m": np.zeros_like(w), "v": np.zeros_like(w)', '"m": (zeros := np.zeros_like(w)), "v": zeros'),
            (M, 'm = config["m"]\n    m *= beta1\n    m += (1 - beta1) * dw'),
            (V, 'v = config["v"]\n    v *= beta2\n    v += (1 - beta2) * dw**2'),
        ),
    ),
    ("m", "v"),
    "t",
    (0.5, 1, 0.5, 0.5),
)

TASKS = (sgd, sgd_momentum, nesterov_momentum, rmsprop, adam)

"""Tasks of gan.ipynb: the losses of both nets, in three versions."""

from autograder.tasks.layer_checks import CATCH_WARNINGS, FLOAT64, OVERFLOW, in_float32
from autograder.tasks.spec import Task, gradients, mistake, values
from chainrule.gan import losses

__all__ = ["TASKS"]


def draw_logits(rng, N=None, M=None):
    """N real images and M generated ones: N != M, so that the two means differ."""
    N, M = N or int(rng.integers(4, 7)), M or int(rng.integers(8, 11))
    return {"real": 2 * rng.normal(size=N), "fake": 2 * rng.normal(size=M)}


def draw_one(rng):
    return draw_logits(rng, 1, 2)


def draw_extremes(rng):
    """Logits as large as 1000, of both signs, and a zero, among others."""
    drawn = draw_logits(rng, 7, 9)
    for logits in drawn.values():
        logits[:5] = [1e3, -1e3, 0.0, 300.0, -300.0]
    return drawn


def only_fake(draw, sizes=None):
    """The logits of generated images alone."""

    def drawn(rng):
        return {"fake": draw(rng)["fake"][slice(*sizes) if sizes else slice(None)]}

    return drawn


def task(name, points, mistakes):
    """points: of the loss, of its gradient, of few images, and of extreme logits."""
    pair = "discriminator" in name
    call = f"loss, dreal, dfake = {name}(real, fake)" if pair else f"loss, dfake = {name}(fake)"
    variables = {"dreal": "real", "dfake": "fake"} if pair else {"dfake": "fake"}
    draw, draw_single, draw_large = draw_logits, draw_one, draw_extremes
    if not pair:
        draw, draw_single, draw_large = only_fake(draw_logits), only_fake(draw_one, (1,)), only_fake(draw_extremes)
    checks = (
        values("the loss", points[0], "loss"),
        gradients("gradient against numeric", points[1], variables),
        *([values("one image alone", points[2], "loss", *variables, draw=draw_single)] if points[2] else []),
        in_float32(
            "1000 and -1000: right, quiet, float32; inputs unchanged",
            points[3],
            *("loss", *variables, "no_warning", "float32_kept", *variables.values()),
            call=CATCH_WARNINGS.format(call, "dfake"),
            draw=draw_large,
            cases=2,
            strict="extremes",
        ),
    )
    return Task(name, losses, "assignment5", "gan", call, draw, checks, mistakes)


NO_MEAN = "the gradient is not divided by the number of images, though the loss is a mean"
SUM = "the loss is a sum over the images, expected the mean"
SIGMOID_TWICE = "the logits go through a sigmoid before the loss, which has its own: the sigmoid is applied twice"
LOG_OF_SIGMOID = (
    "log of a sigmoid: at large logits the sigmoid is exactly 0 or 1, and the log infinite; use log(1 + e^x) instead"
)
EPSILON = "a small number is added inside the log: the loss stops growing at large logits"
NAN = "e^x / (1 + e^x) is infinity by infinity at large logits: use a stable sigmoid"
CHANGES = "the logits are changed by the call: do not work in place on an input"

# The binary cross-entropies: log(1 - s(x)) = -log(1 + e^x) and log s(x) = -log(1 + e^-x).

REAL, FAKE = "np.logaddexp(0, -logits_real)", "np.logaddexp(0, logits_fake)"
DREAL, DFAKE = "-sigmoid_forward(-logits_real)[0]", "sigmoid_forward(logits_fake)[0]"
BOTH = f"np.mean({REAL}) + np.mean({FAKE})"
MEANS = (" / len(logits_real)", ""), (" / len(logits_fake)", "")

discriminator_loss = task(
    "discriminator_loss",
    (1, 1.5, 0.5, 0.5),
    (
        mistake("swapped", "the labels are swapped: real images have the label 1, generated ones 0")(
            (BOTH, "np.mean(np.logaddexp(0, logits_real)) + np.mean(np.logaddexp(0, -logits_fake))"),
            (DREAL, "sigmoid_forward(logits_real)[0]"),
            (f"dlogits_fake = {DFAKE}", "dlogits_fake = -sigmoid_forward(-logits_fake)[0]"),
        ),
        mistake("only_real", "the term of the generated images is missing")(
            (BOTH, f"np.mean({REAL})"), (f"dlogits_fake = {DFAKE}", f"dlogits_fake = 0 * {DFAKE}")
        ),
        mistake("only_fake", "the term of the real images is missing")(
            (BOTH, f"np.mean({FAKE})"), (DREAL, "0 * logits_real")
        ),
        mistake("sum", SUM)(("np.mean", "np.sum"), *MEANS),
        mistake("no_mean", NO_MEAN)(*MEANS),
        mistake("halved", "this is half of the loss: the two means are added, not averaged")(
            (BOTH, f"0.5 * ({BOTH})"),
            (DREAL, f"0.5 * {DREAL}"),
            (f"dlogits_fake = {DFAKE}", f"dlogits_fake = 0.5 * {DFAKE}"),
        ),
        mistake("joint", "one mean is taken over real and generated images together, expected one mean of each kind")(
            (BOTH, f"(np.sum({REAL}) + np.sum({FAKE})) / (len(logits_real) + len(logits_fake))"),
            (" / len(logits_real)", " / (len(logits_real) + len(logits_fake))"),
            (f"{DFAKE} / len(logits_fake)", f"{DFAKE} / (len(logits_real) + len(logits_fake))"),
        ),
        mistake(
            "maximised",
            "this is the value of the game, which the discriminator maximises; the loss to minimise is its negative",
        )(
            (BOTH, f"-({BOTH})"),
            (DREAL, "sigmoid_forward(-logits_real)[0]"),
            (f"dlogits_fake = {DFAKE}", f"dlogits_fake = -{DFAKE}"),
        ),
        mistake("ascent", "the gradients belong to the negative loss: their sign is wrong, that of the loss is right")(
            (DREAL, "sigmoid_forward(-logits_real)[0]"), (f"dlogits_fake = {DFAKE}", f"dlogits_fake = -{DFAKE}")
        ),
        mistake(
            "probability",
            "the gradient at the real logits is s(x), expected s(x) - 1: it vanishes where the discriminator is right",
        )((DREAL, "sigmoid_forward(logits_real)[0]")),
        mistake("sigmoid_twice", SIGMOID_TWICE)(
            (
                "    loss =",
                "    logits_real, logits_fake = (sigmoid_forward(x)[0] for x in (logits_real, logits_fake))\n    loss =",
            )
        ),
        mistake("log_of_sigmoid", LOG_OF_SIGMOID)(
            (REAL, "-np.log(sigmoid_forward(logits_real)[0])"), (FAKE, "-np.log(1 - sigmoid_forward(logits_fake)[0])")
        ),
        mistake("epsilon", EPSILON)(
            (REAL, "-np.log(sigmoid_forward(logits_real)[0] + 1e-8)"),
            (FAKE, "-np.log(1 - sigmoid_forward(logits_fake)[0] + 1e-8)"),
        ),
        mistake("overflow", OVERFLOW)((DREAL, "-1 / (1 + np.exp(logits_real))")),
        mistake("nan", NAN)(
            (f"dlogits_fake = {DFAKE}", "dlogits_fake = np.exp(logits_fake) / (1 + np.exp(logits_fake))")
        ),
        mistake("float64", FLOAT64)(("dlogits_fake\n", "dlogits_fake.astype(float)\n")),
        mistake("changes", CHANGES)(("    return", "    logits_real -= 1\n    return")),
    ),
)


def generator_mistakes(log, sigmoid, sign, derivative, edit):
    """Mistakes of both generator losses. log, sigmoid: unstable forms; sign: of logits in the stable ones."""
    loss, dlogits = f"np.mean(np.logaddexp(0, {sign}logits_fake))", f"return loss, {derivative}"
    return (
        mistake("sum", SUM)(("np.mean", "np.sum"), (" / len(logits_fake)", "")),
        mistake("no_mean", NO_MEAN)((" / len(logits_fake)", "")),
        mistake("sigmoid_twice", SIGMOID_TWICE)(
            ("    loss =", "    logits_fake = sigmoid_forward(logits_fake)[0]\n    loss =")
        ),
        mistake("log_of_sigmoid", LOG_OF_SIGMOID)((edit + loss, f"np.mean(np.log({log}))")),
        mistake("epsilon", EPSILON)((edit + loss, f"np.mean(np.log({log} + 1e-8))")),
        mistake("overflow", OVERFLOW)((dlogits, f"return loss, -1 / (1 + np.exp({sigmoid}logits_fake))")),
        mistake("nan", NAN)((dlogits, f"return loss, -np.exp({sign}logits_fake) / (1 + np.exp({sign}logits_fake))")),
        mistake("ascent", "the gradient has the wrong sign, the loss the right one")(("loss, -sig", "loss, sig")),
        mistake("float64", FLOAT64)(("len(logits_fake)\n", "np.float64(len(logits_fake))\n")),
        mistake("changes", CHANGES)(("    return", "    logits_fake += 0.5\n    return")),
    )


NON_SATURATING = "loss = np.mean(np.logaddexp(0, -logits_fake))"
SATURATING = "loss = -np.mean(np.logaddexp(0, logits_fake))"
DERIVATIVE = "-sigmoid_forward(-logits_fake)[0]"
MINIMAX_DERIVATIVE = "-sigmoid_forward(logits_fake)[0]"

minimax_generator_loss = task(
    "minimax_generator_loss",
    (0.5, 0.5, 0.5, 0.5),
    (
        *generator_mistakes("1 - sigmoid_forward(logits_fake)[0]", "-", "", MINIMAX_DERIVATIVE, "-"),
        mistake("non_saturating", "this is the non-saturating loss, -log s; the minimax loss is log(1 - s)")(
            (SATURATING, NON_SATURATING), (MINIMAX_DERIVATIVE, DERIVATIVE)
        ),
        mistake(
            "discriminators",
            "this is the discriminator's loss on generated images: the generator wants the opposite, so the sign changes",
        )((SATURATING, SATURATING.replace("-np", "np")), (MINIMAX_DERIVATIVE, MINIMAX_DERIVATIVE[1:])),
        mistake("log_of_s", "this is log s, expected log(1 - s): the generator would help the discriminator")(
            (SATURATING, NON_SATURATING.replace("np.mean", "-np.mean")), (MINIMAX_DERIVATIVE, DERIVATIVE[1:])
        ),
    ),
)

generator_loss = task(
    "generator_loss",
    (0.5, 1, 0.5, 0.5),
    (
        *generator_mistakes("sigmoid_forward(logits_fake)[0]", "", "-", DERIVATIVE, "")[:3],
        mistake("log_of_sigmoid", LOG_OF_SIGMOID)(
            (NON_SATURATING, "loss = -np.mean(np.log(sigmoid_forward(logits_fake)[0]))")
        ),
        mistake("epsilon", EPSILON)(
            (NON_SATURATING, "loss = -np.mean(np.log(sigmoid_forward(logits_fake)[0] + 1e-8))")
        ),
        *generator_mistakes("", "", "-", DERIVATIVE, "")[5:],
        mistake(
            "saturating",
            "this is the saturating loss of the minimax game, log(1 - s); the non-saturating one is -log s",
        )((NON_SATURATING, SATURATING), (DERIVATIVE, MINIMAX_DERIVATIVE)),
        mistake(
            "saturating_gradient", "the gradient is that of the saturating loss, -s(x); that of -log s(x) is s(x) - 1"
        )((DERIVATIVE, MINIMAX_DERIVATIVE)),
        mistake(
            "label",
            "the generated images have the label 0 here: the generator wants them to be taken for real, label 1",
        )((NON_SATURATING, SATURATING.replace("-np", "np")), (DERIVATIVE, MINIMAX_DERIVATIVE[1:])),
        mistake("log_likelihood", "the loss is mean(log s), which would have to be maximised: the minus is missing")(
            (NON_SATURATING, NON_SATURATING.replace("np.mean", "-np.mean")), (DERIVATIVE, DERIVATIVE[1:])
        ),
    ),
)

# Least squares.

NO_HALF = "the factor 1/2 before the squares is missing"
HALF_LEFT = "the factor 1/2 is left in the gradient: the 2 of the square cancels it"
SIGMOID = "the scores go through a sigmoid, but the least-squares loss takes them as they are"
ABSOLUTE = "absolute differences are taken, expected squares"
LS_BOTH = "0.5 * np.mean((scores_real - 1) ** 2) + 0.5 * np.mean(scores_fake**2)"
LS_MEANS = (" / len(scores_real)", ""), (" / len(scores_fake)", "")
LS_REAL, LS_FAKE = "dscores_real = (scores_real - 1)", "dscores_fake = scores_fake"

ls_discriminator_loss = task(
    "ls_discriminator_loss",
    (0.5, 0.5, 0.5, 0.5),
    (
        mistake("swapped", "the targets are swapped: real images should score 1, generated ones 0")(
            (LS_BOTH, "0.5 * np.mean(scores_real**2) + 0.5 * np.mean((scores_fake - 1) ** 2)"),
            (LS_REAL, "dscores_real = scores_real"),
            (LS_FAKE, "dscores_fake = (scores_fake - 1)"),
        ),
        mistake("zero", "real images have the target 0 here, as generated ones: they should score 1")(
            (LS_BOTH, "0.5 * np.mean(scores_real**2) + 0.5 * np.mean(scores_fake**2)"),
            (LS_REAL, "dscores_real = scores_real"),
        ),
        mistake("minus_one", "generated images have the target -1 here, expected 0")(
            (LS_BOTH, "0.5 * np.mean((scores_real - 1) ** 2) + 0.5 * np.mean((scores_fake + 1) ** 2)"),
            (LS_FAKE, "dscores_fake = (scores_fake + 1)"),
        ),
        mistake("only_real", "the term of the generated images is missing")(
            (LS_BOTH, "0.5 * np.mean((scores_real - 1) ** 2)"), (LS_FAKE, "dscores_fake = 0 * scores_fake")
        ),
        mistake("only_fake", "the term of the real images is missing")(
            (LS_BOTH, "0.5 * np.mean(scores_fake**2)"), (LS_REAL, "dscores_real = 0 * scores_real")
        ),
        mistake("no_half", NO_HALF)(
            ("0.5 * ", ""), ("= (scores_real", "= 2 * (scores_real"), (LS_FAKE, "dscores_fake = 2 * scores_fake")
        ),
        mistake("half_left", HALF_LEFT)(
            ("= (scores_real", "= 0.5 * (scores_real"), (LS_FAKE, "dscores_fake = 0.5 * scores_fake")
        ),
        mistake("sum", SUM)(("np.mean", "np.sum"), *LS_MEANS),
        mistake("no_mean", NO_MEAN)(*LS_MEANS),
        mistake("sigmoid", SIGMOID)(
            (
                "    loss =",
                "    scores_real, scores_fake = (1 / (1 + np.exp(-np.clip(x, -50, 50))) for x in (scores_real, scores_fake))\n    loss =",
            )
        ),
        mistake("absolute", ABSOLUTE)(
            (LS_BOTH, "0.5 * np.mean(np.abs(scores_real - 1)) + 0.5 * np.mean(np.abs(scores_fake))"),
            (LS_REAL, "dscores_real = 0.5 * np.sign(scores_real - 1)"),
            (LS_FAKE, "dscores_fake = 0.5 * np.sign(scores_fake)"),
        ),
        mistake("float64", FLOAT64)(("dscores_fake\n", "dscores_fake.astype(float)\n")),
    ),
)

LS, LS_DERIVATIVE = "0.5 * np.mean((scores_fake - 1) ** 2)", "(scores_fake - 1) / len(scores_fake)"

ls_generator_loss = task(
    "ls_generator_loss",
    (0.5, 0.5, 0, 0.5),
    (
        mistake(
            "zero", "the target is 0, which is what the discriminator wants of generated images: the generator wants 1"
        )((LS, "0.5 * np.mean(scores_fake**2)"), (LS_DERIVATIVE, "scores_fake / len(scores_fake)")),
        mistake("minus_one", "the target is -1, expected 1")(
            (LS, "0.5 * np.mean((scores_fake + 1) ** 2)"), (LS_DERIVATIVE, "(scores_fake + 1) / len(scores_fake)")
        ),
        mistake("no_half", NO_HALF)(("0.5 * ", ""), (LS_DERIVATIVE, f"2 * {LS_DERIVATIVE}")),
        mistake("half_left", HALF_LEFT)((LS_DERIVATIVE, f"0.5 * {LS_DERIVATIVE}")),
        mistake("sum", SUM)(("np.mean", "np.sum"), (" / len(scores_fake)", "")),
        mistake("no_mean", NO_MEAN)((" / len(scores_fake)", "")),
        mistake("sigmoid", SIGMOID)(
            ("    loss =", "    scores_fake = 1 / (1 + np.exp(-np.clip(scores_fake, -50, 50)))\n    loss =")
        ),
        mistake("ascent", "the gradient has the wrong sign: it is that of (1 - score)")(
            (LS_DERIVATIVE, "(1 - scores_fake) / len(scores_fake)")
        ),
        mistake("absolute", ABSOLUTE)(
            (LS, "0.5 * np.mean(np.abs(scores_fake - 1))"),
            (LS_DERIVATIVE, "0.5 * np.sign(scores_fake - 1) / len(scores_fake)"),
        ),
    ),
)

TASKS = (discriminator_loss, minimax_generator_loss, generator_loss, ls_discriminator_loss, ls_generator_loss)

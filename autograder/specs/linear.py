"""Tasks of svm.ipynb and softmax.ipynb: losses and their gradients, training, penalties, divergences."""

import numpy as np

from autograder.spec import Task, gradient, growth, mistake, untouched, values
from chainrule import linear

__all__ = ["TASKS"]

PENALTY = "reg * np.sum(W * W)"


def draw_problem(rng, sizes=None, scale=1.0):
    N, D, C = sizes or (rng.integers(5, 9), rng.integers(4, 7), rng.integers(3, 6))
    return {
        "W": rng.normal(size=(D, C)),
        "X": scale * rng.normal(size=(N, D)),
        "y": rng.integers(0, C, N),
        "reg": float(rng.uniform(0.1, 0.5)),
    }


def draw_one_image(rng):
    return draw_problem(rng, (1, 5, 4))


def draw_huge_scores(rng):
    return draw_problem(rng, scale=1e4)


def draw_sized(N):
    def draw(rng):
        return draw_problem(rng, (N, 5, 4)) | {"N": N}

    return draw


def loss_task(name, notebook, vectorized, checks, mistakes):
    """A loss with its gradient; the checks that all of them share, and those of this one."""
    common = (
        values("loss", 1, "loss"),
        gradient("dW against numeric", 2, "dW", "loss", "W"),
        values("one image, N = 1", 1, "loss", "dW", draw=draw_one_image),
        untouched(1, "W", "X", "y"),
    )
    if vectorized:
        checks += (growth(1, draw_sized(20), draw_sized(200)),)
    return Task(
        name,
        linear,
        "assignment1",
        notebook,
        f"loss, dW = {name}(W, X, y, reg)",
        draw_problem,
        common + checks,
        reg_mistakes() + mistakes + in_place(),
    )


def reg_mistakes():
    """Mistakes in the penalty; every loss here writes it with the same words."""
    return (
        mistake("no_penalty", f"the penalty {PENALTY} is missing from the loss", (f" + {PENALTY}", "")),
        mistake(
            "half_penalty",
            "the penalty is half of this course's: it is reg * sum(W * W), without 1/2",
            (PENALTY, f"0.5 * {PENALTY}"),
        ),
        mistake(
            "mean_penalty",
            "the penalty is divided by N: only the data part of the loss is a mean",
            (PENALTY, f"{PENALTY} / num_train"),
        ),
        mistake(
            "norm_penalty",
            "the penalty is reg times the norm of W, expected reg times its square",
            (PENALTY, "reg * np.sqrt(np.sum(W * W))"),
        ),
        mistake(
            "no_penalty_gradient",
            "the gradient of the penalty, 2 * reg * W, is missing from dW",
            (" + 2 * reg * W", ""),
        ),
        mistake(
            "half_penalty_gradient",
            "dW holds reg * W, but the gradient of reg * sum(W * W) is 2 * reg * W",
            ("2 * reg * W", "reg * W"),
        ),
    )


def in_place():
    return (
        mistake(
            "changes_W",
            "W is changed by the call: write dW = dW + ... or take a copy first",
            ("return loss, dW", "W += 1\n    return loss, dW"),
        ),
    )


SUM_LOSS = "the data part of the loss is the sum over the images, expected their mean: divide by N"
SUM_GRADIENT = "the data part of dW is the sum over the images, expected their mean: divide by N"
NO_MARGIN = "the margin of 1 is missing from s_j - s_y + 1"
OWN_CLASS = "the right class is counted too: j = y_i adds a margin of 1 for every image"
NO_OWN_GRADIENT = "the columns of the right classes get no gradient: each positive margin subtracts x_i there"
ONE_OWN_GRADIENT = "the column of the right class gets -x_i once, expected once for every positive margin"
NOT_HINGED = "negative margins are counted: only those above 0 add to the loss"

svm_loss_naive = loss_task(
    "svm_loss_naive",
    "svm",
    False,
    (),
    (
        mistake("sum_loss", SUM_LOSS, ("loss / num_train", "loss")),
        mistake("sum_gradient", SUM_GRADIENT, ("dW / num_train", "dW")),
        mistake("no_margin", NO_MARGIN, (" - scores[y[i]] + 1", " - scores[y[i]]")),
        mistake("own_class", OWN_CLASS, ("if j != y[i] and margin > 0", "if margin > 0")),
        mistake("no_own_gradient", NO_OWN_GRADIENT, ("dW[:, y[i]] -= X[i]", "pass")),
        mistake(
            "flipped",
            "dW[:, j] and dW[:, y_i] have each other's sign",
            ("dW[:, j] += X[i]", "dW[:, j] -= X[i]"),
            ("dW[:, y[i]] -= X[i]", "dW[:, y[i]] += X[i]"),
        ),
        mistake("not_hinged", NOT_HINGED, ("if j != y[i] and margin > 0", "if j != y[i]")),
    ),
)

svm_loss_vectorized = loss_task(
    "svm_loss_vectorized",
    "svm",
    True,
    (),
    (
        mistake("sum_loss", SUM_LOSS, ("np.sum(margins) / num_train", "np.sum(margins)")),
        mistake("sum_gradient", SUM_GRADIENT, ("X.T @ dscores / num_train", "X.T @ dscores")),
        mistake("no_margin", NO_MARGIN, ("[:, None] + 1", "[:, None]")),
        mistake("own_class", OWN_CLASS, ("margins[rows, y] = 0", "pass")),
        mistake("no_own_gradient", NO_OWN_GRADIENT, ("dscores[rows, y] = -np.sum(dscores, axis=1)", "pass")),
        mistake("one_own_gradient", ONE_OWN_GRADIENT, ("-np.sum(dscores, axis=1)", "-1")),
        mistake(
            "not_hinged",
            NOT_HINGED,
            ("np.maximum(0, scores - scores[rows, y][:, None] + 1)", "scores - scores[rows, y][:, None] + 1"),
        ),
        mistake(
            "loop",
            "a loop over the images is left",
            (
                "dscores[rows, y] = -np.sum(dscores, axis=1)",
                "for i in rows:\n        dscores[i, y[i]] = -np.sum(dscores[i])",
            ),
        ),
    ),
)

squared_hinge_loss_vectorized = loss_task(
    "squared_hinge_loss_vectorized",
    "svm",
    True,
    (),
    (
        mistake("sum_loss", SUM_LOSS, ("np.sum(margins**2) / num_train", "np.sum(margins**2)")),
        mistake("sum_gradient", SUM_GRADIENT, ("X.T @ dscores / num_train", "X.T @ dscores")),
        mistake("no_margin", NO_MARGIN, ("[:, None] + 1", "[:, None]")),
        mistake("own_class", OWN_CLASS, ("margins[rows, y] = 0", "pass")),
        mistake("no_own_gradient", NO_OWN_GRADIENT, ("dscores[rows, y] = -np.sum(dscores, axis=1)", "pass")),
        mistake(
            "no_factor_two", "the derivative of m^2 is 2 m: the factor 2 is missing from dW", ("2 * margins", "margins")
        ),
        mistake(
            "hinge_gradient",
            "dW is the gradient of the plain hinge: each margin m counts 2 m, not 1",
            ("dscores = 2 * margins", "dscores = (margins > 0).astype(float)"),
        ),
        mistake("not_squared", "the margins are not squared", ("margins**2", "margins")),
        mistake(
            "square_of_sum",
            "the square of each image's sum of margins is taken, expected the sum of the squares",
            ("np.sum(margins**2)", "np.sum(np.sum(margins, axis=1) ** 2)"),
        ),
    ),
)

NO_SHIFT = "exp overflows on large scores: subtract each image's largest score first"
NO_ONE = "dscores is softmax minus 1 at the right class: the 1 is not subtracted"
LOG_OF_SCORE = "the loss leaves out log(sum of exp): it is not -log of a probability"
LOG_OF_ZERO = "-log(p) is infinite where p underflows to 0: write log(sum of exp) minus the score of the right class"
CLIPPED_LOG = (
    "a small number is added to the probability before the logarithm, which makes the loss of a sure mistake too small"
)

softmax_loss_naive = loss_task(
    "softmax_loss_naive",
    "softmax",
    False,
    (values("finite at scores of 1e4", 1, "loss", "dW", draw=draw_huge_scores),),
    (
        mistake("sum_loss", SUM_LOSS, ("loss / num_train", "loss")),
        mistake("sum_gradient", SUM_GRADIENT, ("dW / num_train", "dW")),
        mistake(
            "log_of_probability", LOG_OF_ZERO, ("np.log(total) - scores[y[i]]", "-np.log(exp_scores[y[i]] / total)")
        ),
        mistake(
            "clipped_log", CLIPPED_LOG, ("np.log(total) - scores[y[i]]", "-np.log(exp_scores[y[i]] / total + 1e-8)")
        ),
        mistake("no_shift", NO_SHIFT, ("scores -= np.max(scores)", "pass")),
        mistake("no_one", NO_ONE, (" - (j == y[i])", "")),
        mistake("no_log_total", LOG_OF_SCORE, ("np.log(total) - scores[y[i]]", "-scores[y[i]]")),
        mistake(
            "no_minus",
            "the loss has the wrong sign: it is minus the logarithm of the probability",
            ("np.log(total) - scores[y[i]]", "scores[y[i]] - np.log(total)"),
        ),
        mistake(
            "not_normalized",
            "dW uses exp(s) where the probabilities exp(s) / sum are due",
            ("exp_scores[j] / total", "exp_scores[j]"),
        ),
        mistake(
            "probability",
            "the loss adds up 1 - p, expected -log p",
            ("np.log(total) - scores[y[i]]", "1 - exp_scores[y[i]] / total"),
        ),
    ),
)

softmax_loss_vectorized = loss_task(
    "softmax_loss_vectorized",
    "softmax",
    True,
    (values("finite at scores of 1e4", 2, "loss", "dW", draw=draw_huge_scores),),
    (
        mistake("sum_loss", SUM_LOSS, ("np.mean(np.log", "np.sum(np.log")),
        mistake("sum_gradient", SUM_GRADIENT, ("X.T @ dscores / num_train", "X.T @ dscores")),
        mistake(
            "log_of_probability",
            LOG_OF_ZERO,
            ("np.log(totals[:, 0]) - scores[rows, y]", "-np.log(exp_scores[rows, y] / totals[:, 0])"),
        ),
        mistake(
            "clipped_log",
            CLIPPED_LOG,
            ("np.log(totals[:, 0]) - scores[rows, y]", "-np.log(exp_scores[rows, y] / totals[:, 0] + 1e-8)"),
        ),
        mistake("no_shift", NO_SHIFT, ("scores -= np.max(scores, axis=1, keepdims=True)", "pass")),
        mistake(
            "one_shift",
            "one maximum over all images is subtracted: a row far below it underflows to log 0; use axis=1",
            ("np.max(scores, axis=1, keepdims=True)", "np.max(scores)"),
        ),
        mistake("no_one", NO_ONE, ("dscores[rows, y] -= 1", "pass")),
        mistake(
            "all_one",
            "1 is subtracted from the whole columns named in y, expected one entry a row: index with [rows, y]",
            ("dscores[rows, y] -= 1", "dscores[:, np.unique(y)] -= 1"),
        ),
        mistake(
            "wrong_axis",
            "the probabilities are normalised over the images (axis=0), expected over the classes (axis=1)",
            ("np.sum(exp_scores, axis=1, keepdims=True)", "np.sum(exp_scores, axis=0, keepdims=True)"),
            ("totals[:, 0]", "np.sum(exp_scores, axis=1)"),
        ),
        mistake(
            "one_total",
            "the probabilities are divided by the sum over the whole batch, expected the sum of each row",
            ("np.sum(exp_scores, axis=1, keepdims=True)", "np.full((num_train, 1), np.sum(exp_scores))"),
        ),
        mistake("no_log_total", LOG_OF_SCORE, ("np.log(totals[:, 0]) - scores[rows, y]", "-scores[rows, y]")),
        mistake(
            "log_of_mean",
            "the logarithm is taken of the mean probability, expected the mean of the logarithms",
            ("np.mean(np.log(totals[:, 0]) - scores[rows, y])", "-np.log(np.mean(exp_scores[rows, y] / totals[:, 0]))"),
        ),
        mistake(
            "loop",
            "a loop over the images is left",
            ("dscores[rows, y] -= 1", "for i in rows:\n        dscores[i, y[i]] -= 1"),
        ),
    ),
)

TRAIN = """
from chainrule.judging.stubs import probe
model = probe(LinearClassifier, W)
history = model.train(X, y, learning_rate=rate, reg=reg, num_iters=num_iters, batch_size=batch_size)
W_after = model.W
sizes = [len(ids) for ids in model.ids]
paired = all((ids % 3 == labels).all() for ids, labels in zip(model.ids, model.labels))
repeats = [sorted(a) == sorted(b) for a, b in zip(model.ids[1:], model.ids[:-1])]
"""

FIRST = """
from chainrule.judging.stubs import probe
model = probe(LinearClassifier)
try:
    model.train(X, y, learning_rate=0.0, reg=reg, num_iters=1, batch_size=batch_size)
except IndexError:  # too few columns for the labels: the shape of W tells
    if model.W is None:
        raise
W_shape = model.W.shape
random = model.W.std() > 1e-5
small = abs(model.W).max() < 0.02
"""


def draw_equal_rows(rng):
    """Every image is the same, so that every batch is: the run has one right result."""
    D, C, N = rng.integers(3, 6), 3, 10
    return {
        "W": rng.normal(size=(D, C)),
        "X": np.tile(rng.normal(size=D), (N, 1)),
        "y": np.full(N, rng.integers(0, C)),
        "rate": 0.05,
        "reg": 0.2,
        "num_iters": 7,
        "batch_size": 4,
    }


def draw_numbered_rows(rng):
    """Image i holds its own number i, and its label is i modulo 3. The rate is 0: only the batches matter."""
    N = 600
    X = np.hstack([np.arange(N)[:, None], rng.normal(size=(N, 2))])
    return {
        "W": np.zeros((3, 3)),
        "X": X,
        "y": np.arange(N) % 3,
        "rate": 0.0,
        "reg": 0.0,
        "num_iters": 5,
        "batch_size": 30,
    }


def draw_black_images(rng):
    """All pixels are 0, so that no step moves the first weights."""
    inputs = draw_numbered_rows(rng)
    return inputs | {"X": 0 * inputs["X"]}


train = Task(
    "LinearClassifier.train",
    linear,
    "assignment1",
    "svm",
    TRAIN,
    draw_equal_rows,
    (
        values("losses and weights where all images are equal", 2, "history", "W_after"),
        values("every step draws a new batch of batch_size", 1, "sizes", "repeats", draw=draw_numbered_rows, cases=2),
        values("images keep their labels", 1, "paired", draw=draw_numbered_rows, cases=2),
        values(
            "W starts small and random", 1, "W_shape", "random", "small", call=FIRST, draw=draw_black_images, cases=1
        ),
    ),
    (
        mistake(
            "ascends",
            "W moves along the gradient, uphill: subtract learning_rate * dW",
            ("self.W - learning_rate", "self.W + learning_rate"),
        ),
        mistake("no_rate", "the gradient is not multiplied by the learning rate", ("learning_rate * dW", "dW")),
        mistake(
            "never_moves",
            "the weights never move: self.W is not updated",
            ("self.W = self.W - learning_rate * dW", "pass"),
        ),
        mistake("no_reg", "reg is not handed on to self.loss", ("y[batch], reg)", "y[batch], 0.0)")),
        mistake(
            "new_weights",
            "weights that were there already are thrown away: start anew only where self.W is None",
            ("if self.W is None:", "np.random.seed(0)\n    if True:"),
        ),
        mistake(
            "one_too_many",
            "the history has one loss too many: one for each of the num_iters steps",
            ("range(num_iters)", "range(num_iters + 1)"),
        ),
        mistake(
            "last_loss",
            "only the last loss is returned, expected the list of all of them",
            ("return history", "return history[-1]"),
        ),
        mistake(
            "whole_set",
            "every step uses all images, expected batch_size of them drawn at random",
            ("np.random.choice(num_train, batch_size)", "np.arange(num_train)"),
        ),
        mistake(
            "same_batch",
            "every step uses the same batch: draw a new one in each",
            ("np.random.choice(num_train, batch_size)", "np.arange(batch_size)"),
        ),
        mistake(
            "unpaired",
            "images and labels are drawn separately, so that labels belong to other images",
            ("y[batch]", "y[np.random.choice(num_train, batch_size)]"),
        ),
        mistake(
            "zero_start",
            "W starts as zeros or a constant, expected small random numbers",
            ("0.001 * np.random.randn(dim, np.max(y) + 1)", "np.zeros((dim, np.max(y) + 1))"),
        ),
        mistake(
            "large_start",
            "W starts large: multiply the random numbers by 0.001",
            ("0.001 * np.random.randn", "np.random.randn"),
        ),
        mistake(
            "one_class_short", "W has one column too few: there are max(y) + 1 classes", ("np.max(y) + 1", "np.max(y)")
        ),
    ),
)


def draw_scores(rng):
    return {"W": rng.normal(size=(5, 4)), "X": rng.normal(size=(rng.integers(6, 10), 5))}


predict = Task(
    "LinearClassifier.predict",
    linear,
    "assignment1",
    "svm",
    "model = LinearClassifier()\nmodel.W = W\nlabels = model.predict(X)",
    draw_scores,
    (values("labels", 1, "labels"), untouched(1, "X", "W")),
    (
        mistake(
            "argmin", "these are the classes with the lowest scores, expected the highest", ("np.argmax", "np.argmin")
        ),
        mistake(
            "axis",
            "the maximum is taken over the images (axis=0), expected over the classes (axis=1)",
            ("axis=1", "axis=0"),
        ),
        mistake("scores", "these are the highest scores, expected the classes they belong to", ("np.argmax", "np.max")),
        mistake(
            "all_scores",
            "these are the scores, expected the class with the highest one in every row",
            ("np.argmax(X @ self.W, axis=1)", "X @ self.W"),
        ),
    ),
)


def draw_penalty(rng):
    W = rng.normal(size=(rng.integers(3, 6), 4))
    return {"W": W, "kind": "l2", "strength": float(rng.uniform(0.2, 0.9)), "l1_ratio": float(rng.uniform(0.1, 0.4))}


def penalty_of(kind):
    return lambda rng: draw_penalty(rng) | {"kind": kind}


def draw_zero_weights(rng):
    inputs = draw_penalty(rng) | {"kind": "elastic"}
    inputs["W"][0] = 0
    return inputs


regularization = Task(
    "regularization",
    linear,
    "assignment1",
    "softmax",
    "penalty, dW = regularization(W, kind, strength, l1_ratio)",
    draw_penalty,
    (
        *(
            gradient(f"{kind}: {word}", 1, output, "penalty", "W", draw=penalty_of(kind))
            if output == "dW"
            else values(f"{kind}: {word}", 1, output, draw=penalty_of(kind))
            for kind in ("l2", "l1", "elastic")
            for output, word in (("penalty", "penalty"), ("dW", "dW against numeric"))
        ),
        values("weights that are exactly 0", 1, "dW", draw=draw_zero_weights),
    ),
    (
        mistake(
            "no_factor_two", "the gradient of the sum of squares is 2 W: the factor 2 is missing", ("* 2 * W", "* W")
        ),
        mistake(
            "half",
            "the squares come with a factor 1/2: this course's l2 penalty is strength * sum(W^2)",
            ("np.sum(W**2)", "np.sum(W**2) / 2"),
        ),
        mistake("no_strength", "the penalty is not multiplied by strength", ("penalty = strength * ", "penalty = ")),
        mistake("no_strength_gradient", "dW is not multiplied by strength", ("dW = strength * ", "dW = ")),
        mistake(
            "no_abs", "l1 adds up the absolute values, here the signs are kept", ("np.sum(np.abs(W))", "np.sum(W)")
        ),
        mistake("abs_gradient", "the gradient of |W| is the sign of W, here it is |W|", ("np.sign(W)", "np.abs(W)")),
        mistake("one_gradient", "the gradient of |W| is -1 where W is negative", ("np.sign(W)", "np.ones_like(W)")),
        mistake(
            "swapped_ratio",
            "l1_ratio weighs the squares: it belongs to the absolute values",
            ('"elastic": l1_ratio', '"elastic": 1 - l1_ratio'),
        ),
        mistake("mean", "the mean of the squares is taken, expected their sum", ("np.sum(W**2)", "np.mean(W**2)")),
        mistake(
            "step_at_zero", "at W = 0 the gradient of |W| is taken to be 0", ("np.sign(W)", "np.where(W > 0, 1, -1)")
        ),
    ),
)


def draw_columns(rng):
    W = rng.normal(size=(5, 6))
    return {"W": W * np.array([0.1, 0.2, 3, 4, 5, 0]), "c": float(rng.uniform(1.5, 2.0))}


max_norm = Task(
    "max_norm",
    linear,
    "assignment1",
    "softmax",
    "W_new = max_norm(W, c)",
    draw_columns,
    (values("columns longer than c are shortened, others kept", 1, "W_new"), untouched(1, "W")),
    (
        mistake(
            "all_scaled",
            "short columns are stretched to length c: they stay as they are",
            ("np.maximum(norms, c)", "np.maximum(norms, 1e-300)"),
        ),
        mistake(
            "rows",
            "the rows are shortened, expected the columns (axis=0)",
            ("np.sum(W**2, axis=0)", "np.sum(W**2, axis=1, keepdims=True)"),
        ),
        mistake("whole", "the whole matrix is scaled by one number, expected each column by its own", (", axis=0", "")),
        mistake(
            "squared_norm",
            "the squared length is compared with c: the square root is missing",
            ("np.sqrt(np.sum(W**2, axis=0))", "np.sum(W**2, axis=0)"),
        ),
        mistake(
            "clipped",
            "the entries are clipped to -c..c, expected the columns to be scaled",
            ("W * (c / np.maximum(norms, c))", "np.clip(W, -c, c)"),
        ),
        mistake(
            "in_place",
            "W itself is changed: return a new array",
            ("return W * (c / np.maximum(norms, c))", "W *= c / np.maximum(norms, c)\n    return W"),
        ),
    ),
)


def draw_distributions(rng):
    p, q = rng.dirichlet(np.ones(6), 2)
    return {"p": p, "q": q}


def draw_zero_p(rng):
    p = np.append(rng.dirichlet(np.ones(4)), [0.0, 0.0])
    return {"p": p, "q": np.append(rng.dirichlet(np.ones(5)), 0.0)}


def draw_zero_q(rng):
    return {"p": rng.dirichlet(np.ones(4)), "q": np.append(rng.dirichlet(np.ones(3)), 0.0)}


def divergence_task(name, mistakes):
    zero = mistake("zero_p", "0 log 0 counts 0: leave out the terms where p is 0", ("p > 0", "p >= 0"))
    clipped = mistake(
        "clipped",
        "where q is 0 and p is not, the result is infinite: do not add a small number",
        ("q[support])", "q[support] + 1e-12)"),
    )
    return Task(
        name,
        linear,
        "assignment1",
        "softmax",
        f"value = {name}(p, q)",
        draw_distributions,
        (
            values("value", 1, "value"),
            values("0 log 0 is 0", 1, "value", draw=draw_zero_p),
            values("infinite where q is 0 and p is not", 1, "value", draw=draw_zero_q),
        ),
        (*mistakes, zero, clipped),
    )


KL = "np.log(p[support]) - np.log(q[support])"
kl_divergence = divergence_task(
    "kl_divergence",
    (
        mistake(
            "swapped",
            "this is D(q || p): p and q have changed places",
            ("support = p > 0", "p, q = q, p\n    support = p > 0"),
        ),
        mistake(
            "wrong_sign",
            "the sign is wrong: log(p / q), not log(q / p)",
            (KL, "np.log(q[support]) - np.log(p[support])"),
        ),
        mistake(
            "cross_entropy",
            "this is the cross-entropy H(p, q): the entropy of p is not subtracted",
            (KL, "-np.log(q[support])"),
        ),
        mistake("base_two", "the logarithm is to base 2, expected the natural one", ("np.log(", "np.log2(")),
        mistake("mean", "this is the mean of the terms, expected their sum", ("np.sum(", "np.mean(")),
        mistake("not_weighted", "the logarithms are not weighted with p", ("p[support] * (", "(")),
    ),
)
cross_entropy = divergence_task(
    "cross_entropy",
    (
        mistake(
            "swapped",
            "this is H(q, p): p and q have changed places",
            ("support = p > 0", "p, q = q, p\n    support = p > 0"),
        ),
        mistake("wrong_sign", "the minus sign is missing", ("return -np.sum", "return np.sum")),
        mistake(
            "kl",
            "this is D(p || q): the entropy of p is missing",
            ("np.log(q[support])", "(np.log(q[support]) - np.log(p[support]))"),
        ),
        mistake("base_two", "the logarithm is to base 2, expected the natural one", ("np.log(", "np.log2(")),
        mistake("mean", "this is the mean of the terms, expected their sum", ("np.sum(", "np.mean(")),
    ),
)

TASKS = (
    svm_loss_naive,
    svm_loss_vectorized,
    squared_hinge_loss_vectorized,
    train,
    predict,
    softmax_loss_naive,
    softmax_loss_vectorized,
    regularization,
    max_norm,
    kl_divergence,
    cross_entropy,
)

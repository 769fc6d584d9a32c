"""What the tasks of svm.ipynb and softmax.ipynb that return (loss, dW) have in common: `loss_task`."""

from autograder.tasks.spec import Task, gradient, growth, mistake, untouched, values
from chainrule import linear

__all__ = ["SUM_GRADIENT", "SUM_LOSS", "draw_huge_scores", "loss_task"]

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
    """Return the Task of a loss with its gradient: the checks that all losses share, and its own."""
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
    """Return the mistakes in the penalty; every loss here writes it with the same expression."""
    return (
        mistake("no_penalty", f"the penalty {PENALTY} is missing from the loss")((f" + {PENALTY}", "")),
        mistake(
            "half_penalty", "the penalty is 0.5 * reg * sum(W * W); this course uses reg * sum(W * W), without 1/2"
        )((PENALTY, f"0.5 * {PENALTY}")),
        mistake(
            "bias_row_free",
            "the last row of W is left out of the penalty, as a bias; this course penalises the whole of W",
        )((PENALTY, "reg * np.sum(W[:-1] * W[:-1])"), ("2 * reg * W", "2 * reg * np.vstack([W[:-1], 0 * W[-1:]])")),
        mistake("mean_penalty", "the penalty is divided by N: only the data part of the loss is a mean")(
            (PENALTY, f"{PENALTY} / num_train")
        ),
        mistake("norm_penalty", "the penalty is reg times the norm of W, expected reg times its square")(
            (PENALTY, "reg * np.sqrt(np.sum(W * W))")
        ),
        mistake("no_penalty_gradient", "the gradient of the penalty, 2 * reg * W, is missing from dW")(
            (" + 2 * reg * W", "")
        ),
        mistake(
            "half_penalty_gradient",
            "dW holds reg * W, as for a penalty with 1/2; this course uses reg * sum(W * W), which gives 2 * reg * W",
        )(("2 * reg * W", "reg * W")),
    )


def in_place():
    return (
        mistake("changes_W", "W is changed by the call: write dW = dW + ... or take a copy first")(
            ("return loss, dW", "W += 1\n    return loss, dW")
        ),
    )


SUM_LOSS = "the data part of the loss is the sum over the images, expected their mean: divide by N"
SUM_GRADIENT = "the data part of dW is the sum over the images, expected their mean: divide by N"

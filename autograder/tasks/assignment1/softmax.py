"""Tasks of softmax.ipynb: the cross-entropy of the softmax by loops and vectorised."""

from autograder.tasks.assignment1.losses import SUM_GRADIENT, SUM_LOSS, draw_huge_scores, loss_task
from autograder.tasks.spec import mistake, values

__all__ = ["TASKS"]

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
    (values("finite at scores of 1e4", 1, "loss", "dW", draw=draw_huge_scores, strict="extremes"),),
    (
        mistake("sum_loss", SUM_LOSS)(("loss / num_train", "loss")),
        mistake("sum_gradient", SUM_GRADIENT)(("dW / num_train", "dW")),
        mistake("log_of_probability", LOG_OF_ZERO)(
            ("np.log(total) - scores[y[i]]", "-np.log(exp_scores[y[i]] / total)")
        ),
        mistake("clipped_log", CLIPPED_LOG)(
            ("np.log(total) - scores[y[i]]", "-np.log(exp_scores[y[i]] / total + 1e-8)")
        ),
        mistake("no_shift", NO_SHIFT)(("scores -= np.max(scores)", "pass")),
        mistake("no_one", NO_ONE)((" - (j == y[i])", "")),
        mistake("no_log_total", LOG_OF_SCORE)(("np.log(total) - scores[y[i]]", "-scores[y[i]]")),
        mistake("no_minus", "the loss has the wrong sign: it is minus the logarithm of the probability")(
            ("np.log(total) - scores[y[i]]", "scores[y[i]] - np.log(total)")
        ),
        mistake("not_normalized", "dW uses exp(s) where the probabilities exp(s) / sum are due")(
            ("exp_scores[j] / total", "exp_scores[j]")
        ),
        mistake("probability", "the loss adds up 1 - p, expected -log p")(
            ("np.log(total) - scores[y[i]]", "1 - exp_scores[y[i]] / total")
        ),
    ),
)

softmax_loss_vectorized = loss_task(
    "softmax_loss_vectorized",
    "softmax",
    True,
    (values("finite at scores of 1e4", 2, "loss", "dW", draw=draw_huge_scores, strict="extremes"),),
    (
        mistake("sum_loss", SUM_LOSS)(("np.mean(np.log", "np.sum(np.log")),
        mistake("sum_gradient", SUM_GRADIENT)(("X.T @ dscores / num_train", "X.T @ dscores")),
        mistake("log_of_probability", LOG_OF_ZERO)(
            ("np.log(totals[:, 0]) - scores[rows, y]", "-np.log(exp_scores[rows, y] / totals[:, 0])")
        ),
        mistake("clipped_log", CLIPPED_LOG)(
            ("np.log(totals[:, 0]) - scores[rows, y]", "-np.log(exp_scores[rows, y] / totals[:, 0] + 1e-8)")
        ),
        mistake("no_shift", NO_SHIFT)(("scores -= np.max(scores, axis=1, keepdims=True)", "pass")),
        mistake(
            "one_shift", "one maximum over all images is subtracted: a row far below it underflows to log 0; use axis=1"
        )(("np.max(scores, axis=1, keepdims=True)", "np.max(scores)")),
        mistake("no_one", NO_ONE)(("dscores[rows, y] -= 1", "pass")),
        mistake(
            "all_one",
            "1 is subtracted from the whole columns named in y, expected one entry a row: index with [rows, y]",
        )(("dscores[rows, y] -= 1", "dscores[:, np.unique(y)] -= 1")),
        mistake(
            "wrong_axis",
            "the probabilities are normalised over the images (axis=0), expected over the classes (axis=1)",
        )(
            ("np.sum(exp_scores, axis=1, keepdims=True)", "np.sum(exp_scores, axis=0, keepdims=True)"),
            ("totals[:, 0]", "np.sum(exp_scores, axis=1)"),
        ),
        mistake(
            "one_total", "the probabilities are divided by the sum over the whole batch, expected the sum of each row"
        )(("np.sum(exp_scores, axis=1, keepdims=True)", "np.full((num_train, 1), np.sum(exp_scores))")),
        mistake("no_log_total", LOG_OF_SCORE)(("np.log(totals[:, 0]) - scores[rows, y]", "-scores[rows, y]")),
        mistake("log_of_mean", "the logarithm is taken of the mean probability, expected the mean of the logarithms")(
            ("np.mean(np.log(totals[:, 0]) - scores[rows, y])", "-np.log(np.mean(exp_scores[rows, y] / totals[:, 0]))")
        ),
        mistake("loop", "a loop over the images is left")(
            ("dscores[rows, y] -= 1", "for i in rows:\n        dscores[i, y[i]] -= 1")
        ),
    ),
)

TASKS = (softmax_loss_naive, softmax_loss_vectorized)

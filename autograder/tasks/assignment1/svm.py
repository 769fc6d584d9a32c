"""Tasks of svm.ipynb: the hinge loss by loops and vectorised, and the squared hinge."""

from autograder.tasks.assignment1.losses import SUM_GRADIENT, SUM_LOSS, loss_task
from autograder.tasks.spec import mistake

__all__ = ["TASKS"]

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
        mistake("sum_loss", SUM_LOSS)(("loss / num_train", "loss")),
        mistake("sum_gradient", SUM_GRADIENT)(("dW / num_train", "dW")),
        mistake("no_margin", NO_MARGIN)((" - scores[y[i]] + 1", " - scores[y[i]]")),
        mistake("own_class", OWN_CLASS)(("if j != y[i] and margin > 0", "if margin > 0")),
        mistake("no_own_gradient", NO_OWN_GRADIENT)(("dW[:, y[i]] -= X[i]", "pass")),
        mistake("flipped", "dW[:, j] and dW[:, y_i] have each other's sign")(
            ("dW[:, j] += X[i]", "dW[:, j] -= X[i]"), ("dW[:, y[i]] -= X[i]", "dW[:, y[i]] += X[i]")
        ),
        mistake("not_hinged", NOT_HINGED)(("if j != y[i] and margin > 0", "if j != y[i]")),
    ),
)

svm_loss_vectorized = loss_task(
    "svm_loss_vectorized",
    "svm",
    True,
    (),
    (
        mistake("sum_loss", SUM_LOSS)(("np.sum(margins) / num_train", "np.sum(margins)")),
        mistake("sum_gradient", SUM_GRADIENT)(("X.T @ dscores / num_train", "X.T @ dscores")),
        mistake("no_margin", NO_MARGIN)(("[:, None] + 1", "[:, None]")),
        mistake("own_class", OWN_CLASS)(("margins[rows, y] = 0", "pass")),
        mistake("no_own_gradient", NO_OWN_GRADIENT)(("dscores[rows, y] = -np.sum(dscores, axis=1)", "pass")),
        mistake("one_own_gradient", ONE_OWN_GRADIENT)(("-np.sum(dscores, axis=1)", "-1")),
        mistake("not_hinged", NOT_HINGED)(
            ("np.maximum(0, scores - scores[rows, y][:, None] + 1)", "scores - scores[rows, y][:, None] + 1")
        ),
        mistake("loop", "a loop over the images is left")(
            (
                "dscores[rows, y] = -np.sum(dscores, axis=1)",
                "for i in rows:\n        dscores[i, y[i]] = -np.sum(dscores[i])",
            )
        ),
    ),
)

squared_hinge_loss_vectorized = loss_task(
    "squared_hinge_loss_vectorized",
    "svm",
    True,
    (),
    (
        mistake("sum_loss", SUM_LOSS)(("np.sum(margins**2) / num_train", "np.sum(margins**2)")),
        mistake("sum_gradient", SUM_GRADIENT)(("X.T @ dscores / num_train", "X.T @ dscores")),
        mistake("no_margin", NO_MARGIN)(("[:, None] + 1", "[:, None]")),
        mistake("own_class", OWN_CLASS)(("margins[rows, y] = 0", "pass")),
        mistake("no_own_gradient", NO_OWN_GRADIENT)(("dscores[rows, y] = -np.sum(dscores, axis=1)", "pass")),
        mistake("no_factor_two", "the derivative of m^2 is 2 m: the factor 2 is missing from dW")(
            ("2 * margins", "margins")
        ),
        mistake("hinge_gradient", "dW is the gradient of the plain hinge: each margin m counts 2 m, not 1")(
            ("dscores = 2 * margins", "dscores = (margins > 0).astype(float)")
        ),
        mistake("not_squared", "the margins are not squared")(("margins**2", "margins")),
        mistake("square_of_sum", "the square of each image's sum of margins is taken, expected the sum of the squares")(
            ("np.sum(margins**2)", "np.sum(np.sum(margins, axis=1) ** 2)")
        ),
    ),
)

TASKS = (svm_loss_naive, svm_loss_vectorized, squared_hinge_loss_vectorized)

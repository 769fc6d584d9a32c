"""Tasks of normalization.ipynb on rows of features: batch and layer normalisation."""

from autograder.tasks.assignment3 import normed
from autograder.tasks.assignment3.normed import task
from autograder.tasks.spec import mistake, untouched, values

__all__ = ["TASKS"]


OTHER_MODE = """refused = []
for mode in ("training", ""):
    try:
        batchnorm_forward(x, gamma, beta, bn_param | {"mode": mode})
        refused.append(False)
    except ValueError:
        refused.append(True)
"""

batchnorm_forward = task(
    "batchnorm_forward",
    normed.BN_PARAM + normed.forward("batchnorm", "bn_param") + normed.RUNNING,
    normed.draw_rows,
    (
        values("output in training", 0.5, "out"),
        values("running averages", 0.5, "mean_after", "var_after"),
        values(
            "test mode; another mode raises ValueError",
            0.5,
            *("out", "mean_after", "var_after", "refused"),
            call=normed.in_test_mode("batchnorm") + OTHER_MODE,
        ),
        values(
            "three batches, then a test", 0.5, "out", "mean_after", "var_after", call=normed.three_batches("batchnorm")
        ),
        values(
            "eps and momentum as they are if not given",
            0.5,
            *("out", "mean_after", "var_after"),
            call=normed.DEFAULTS + normed.forward("batchnorm", "bn_param") + normed.RUNNING,
            draw=normed.draw_small,
        ),
        values(
            "a constant feature, entries of 1e4",
            0.5,
            "out",
            call=normed.DEFAULTS + normed.forward("batchnorm", "bn_param"),
            draw=normed.draw_constant(0),
            cases=2,
        ),
        values(
            "one example, N = 1",
            0.5,
            "out",
            "mean_after",
            "var_after",
            draw=normed.one_example(normed.draw_rows),
            cases=2,
        ),
        values(
            "float32 stays float32",
            0.5,
            *("float32_kept", "out"),
            call=normed.call_in_float32(normed.DEFAULTS + normed.forward("batchnorm", "bn_param")),
            cases=2,
            rtol=1e-4,  # float32 has seven digits, and the subtraction loses some
        ),
        untouched(0.5, "x", "gamma", "beta"),
    ),
    normed.statistics_mistakes(
        "mean, var = np.mean(x, axis=0), np.var(x, axis=0)",
        (
            (
                "rows",
                "mean and variance are taken over the features of each example (axis=1), expected over the batch (axis=0)",
                "mean, var = np.mean(x, axis=1, keepdims=True), np.var(x, axis=1, keepdims=True)",
            ),
            (
                "one_mean",
                "one mean and one variance over all entries are used, expected one of each for every feature",
                "mean, var = np.mean(x), np.var(x)",
            ),
            ("not_centred", normed.NOT_CENTRED, "mean, var = 0 * np.mean(x, axis=0), np.var(x, axis=0)"),
            (
                "running_in_training",
                "training uses the running averages, expected mean and variance of this batch",
                "mean, var = running_mean, running_var",
            ),
        ),
    )
    + (
        mistake("fixed_eps", normed.FIXED_EPS)(('bn_param.get("eps", 1e-5)', "1e-5")),
        mistake("fixed_momentum", "momentum is taken to be 0.9 always, expected the one in bn_param where it is given")(
            ('bn_param.get("momentum", 0.9)', "0.9")
        ),
        mistake(
            "momentum_swapped",
            "momentum stands at the new batch; this course uses running = momentum * running + (1 - momentum) * batch",
        )(
            ("= momentum * running_mean + (1 - momentum) *", "= (1 - momentum) * running_mean + momentum *"),
            ("= momentum * running_var + (1 - momentum) *", "= (1 - momentum) * running_var + momentum *"),
        ),
        mistake(
            "default_momentum",
            "the default of momentum is 0.9 in this course: the running averages keep 0.9 of what they were",
        )(('bn_param.get("momentum", 0.9)', 'bn_param.get("momentum", 0.99)')),
        mistake("not_written_back", "the running averages in bn_param stay as they were: write the new ones back")(
            ('bn_param["running_mean"] = momentum', "running_mean = momentum"),
            ('bn_param["running_var"] = momentum', "running_var = momentum"),
        ),
        mistake("starts_anew", "the running averages start from 0 in every call, expected from those in bn_param")(
            ("momentum * running_mean + ", ""), ("momentum * running_var + ", "")
        ),
        mistake(
            "unbiased_running",
            "running_var gets the variance divided by N - 1; this course uses the one divided by N, as in training",
        )(("(1 - momentum) * var", "(1 - momentum) * np.var(x, axis=0, ddof=1)")),
        mistake("running_std", "running_var gets the standard deviation, expected the variance")(
            ("(1 - momentum) * var", "(1 - momentum) * np.sqrt(var + eps)")
        ),
        mistake("overwritten", "the running averages are those of the last batch alone")(
            ("momentum * running_mean + (1 - momentum) * mean", "mean"),
            ("momentum * running_var + (1 - momentum) * var", "var"),
        ),
        mistake("batch_in_test", "test mode uses mean and variance of the batch, expected the running averages")(
            ("mean, var = running_mean, running_var", "mean, var = np.mean(x, axis=0), np.var(x, axis=0)")
        ),
        mistake("updates_in_test", "test mode changes the running averages, expected that it leaves them alone")(
            (
                "mean, var = running_mean, running_var",
                "mean, var = running_mean, running_var\n"
                '        bn_param["running_mean"] = momentum * mean + (1 - momentum) * np.mean(x, axis=0)\n'
                '        bn_param["running_var"] = momentum * var + (1 - momentum) * np.var(x, axis=0)',
            )
        ),
        mistake(
            "other_mode", "a mode that is neither train nor test is taken without complaint, expected a ValueError"
        )(('elif mode == "test":', "elif True:")),
        mistake("changes_x", normed.CHANGES_X)(("x_hat = (x - mean) / std", "x -= mean\n    x_hat = x / std")),
        mistake("float64", normed.UPCAST)(("np.sqrt(var + eps)", "np.sqrt(var.astype(np.float64) + eps)")),
    ),
)

BN_BACKWARD = normed.forward_and_backward("batchnorm")


def gamma_mistakes():
    """Mistakes in the gradients of gamma and beta, of rows."""
    return (
        mistake("row_sum", normed.ROW_SUM)(
            ("return dx, dgamma, dbeta", "return dx, np.sum(dout * x_hat, axis=1), dbeta")
        ),
        mistake("means", normed.MEANS)(
            ("return dx, dgamma, dbeta", "return dx, dgamma / dout.shape[0], dbeta / dout.shape[0]")
        ),
        mistake("swapped_results", normed.SWAPPED_RESULTS)(("return dx, dgamma, dbeta", "return dx, dbeta, dgamma")),
        mistake("changes_dout", normed.CHANGES_DOUT)(
            ("return dx, dgamma, dbeta", "dout *= 2\n    return dx, dgamma, dbeta")
        ),
    )


batchnorm_backward = task(
    "batchnorm_backward",
    BN_BACKWARD,
    normed.draw_rows,
    (
        *normed.backward_checks(BN_BACKWARD, "batchnorm_backward", 1, dtype=True),
        # Tolerance: dx is 0, where one example is its own mean; rounding may leave something.
        values(
            "one example, N = 1",
            0.5,
            "dx",
            "dgamma",
            "dbeta",
            draw=normed.one_example(normed.draw_rows),
            cases=2,
            atol=1e-9,
        ),
    ),
    (
        *gamma_mistakes(),
        mistake("centred_gamma", normed.CENTRED_GAMMA)(
            ("np.sum(dout * x_hat, axis=0)", "np.sum(dout * centred, axis=0)")
        ),
        mistake("x_gamma", normed.X_GAMMA)(("np.sum(dout * x_hat, axis=0)", "np.sum(dout * x, axis=0)")),
        mistake("no_gamma", normed.NO_DX_GAMMA)(("dx_hat = dout * gamma", "dx_hat = dout")),
        mistake("direct_path", normed.DIRECT)(("dx = dcentred + dmean / N", "dx = dx_hat / std")),
        mistake("no_mean_path", normed.NO_MEAN_PATH)(("dx = dcentred + dmean / N", "dx = dcentred")),
        mistake("no_variance_path", normed.NO_VAR_PATH)(("dx_hat / std + dvar * 2 * centred / N", "dx_hat / std")),
        mistake("mean_not_divided", "the gradient of the mean goes to every example in full, expected 1/N of it")(
            ("dmean / N", "dmean")
        ),
        mistake(
            "variance_not_divided", "the gradient of the variance goes to every example in full, expected 1/N of it"
        )(("2 * centred / N", "2 * centred")),
        mistake("square", "the derivative of the square (x - mean)^2 lacks its factor 2")(
            ("dvar * 2 * centred", "dvar * centred")
        ),
        mistake("root", "the derivative of the root is 1 / (2 * std): its factor 1/2 is missing")(
            ("dstd / (2 * std)", "dstd / std")
        ),
        mistake("quotient_sign", "the derivative of 1 / std is -1 / std^2: its minus is missing")(
            ("dstd = -np.sum", "dstd = np.sum")
        ),
        mistake("quotient_power", "the derivative of 1 / std is -1 / std^2, not -1 / std")(("/ std**2", "/ std")),
        mistake("mean_sign", "the gradient of the mean has the wrong sign: the mean is subtracted")(
            ("-np.sum(dcentred", "np.sum(dcentred")
        ),
        mistake("changes_cache", normed.CHANGES_CACHE)(("centred = x - mean", "x -= mean\n    centred = x")),
        mistake("float64", normed.UPCAST)(
            ("x_hat = centred / std", "x_hat = centred / std\n    dout = dout.astype(np.float64)")
        ),
    ),
)

BN_ALT = BN_BACKWARD.replace("batchnorm_backward", "batchnorm_backward_alt")
ALT = "N * dout - dbeta - x_hat * dgamma"

batchnorm_backward_alt = task(
    "batchnorm_backward_alt",
    BN_ALT,
    normed.draw_rows,
    normed.backward_checks(BN_ALT, "batchnorm_backward_alt", 1),
    (
        *gamma_mistakes(),
        mistake("centred_gamma", normed.CENTRED_GAMMA)(
            ("np.sum(dout * x_hat, axis=0)", "np.sum(dout * (x - mean), axis=0)")
        ),
        mistake("x_gamma", normed.X_GAMMA)(("np.sum(dout * x_hat, axis=0)", "np.sum(dout * x, axis=0)")),
        mistake("no_gamma", normed.NO_DX_GAMMA)(("dx = gamma / ", "dx = 1 / ")),
        mistake("direct_path", normed.DIRECT)((ALT, "N * dout")),
        mistake("no_mean_path", normed.NO_MEAN_PATH)((ALT, "N * dout - x_hat * dgamma")),
        mistake("no_variance_path", normed.NO_VAR_PATH)((ALT, "N * dout - dbeta")),
        mistake("no_N", "dout is not multiplied by N in the bracket of dx")((ALT, "dout - dbeta - x_hat * dgamma")),
        mistake("plus_mean", "dbeta is added in the bracket of dx, expected subtracted")(
            (ALT, "N * dout + dbeta - x_hat * dgamma")
        ),
        mistake("plus_variance", "the term with x_hat is added in the bracket of dx, expected subtracted")(
            (ALT, "N * dout - dbeta + x_hat * dgamma")
        ),
        mistake("x_term", "the last term of dx has x - mean, expected x_hat")(
            (ALT, "N * dout - dbeta - (x - mean) * dgamma")
        ),
        mistake("no_x_hat", "the last term of dx lacks x_hat")((ALT, "N * dout - dbeta - dgamma")),
        mistake("variance", normed.VARIANCE_BACK)(("gamma / (N * std)", "gamma / (N * std**2)")),
        mistake("changes_cache", normed.CHANGES_CACHE)(("x_hat = (x - mean) / std", "x -= mean\n    x_hat = x / std")),
    ),
)

# Layer norm.

LN = 'ln_param = {"eps": eps}\n' + normed.forward("layernorm", "ln_param")
LN_DEFAULT = normed.forward("layernorm", "{}")
LN_STATISTICS = "mean, var = np.mean(x, axis=1, keepdims=True), np.var(x, axis=1, keepdims=True)"

layernorm_forward = task(
    "layernorm_forward",
    LN,
    normed.draw_rows,
    (
        values("output", 0.5, "out"),
        values(
            "one example, N = 1, float32",
            0.5,
            *("float32_kept", "out"),
            call=normed.call_in_float32(LN),
            draw=normed.one_example(normed.draw_rows),
            rtol=1e-4,
        ),
        values(
            "eps as it is if not given; a constant row, entries of 1e4",
            0.5,
            "out",
            call=LN_DEFAULT,
            draw=(normed.draw_small, normed.draw_constant(1)),
            cases=2,
        ),
        untouched(0.5, "x", "gamma", "beta"),
    ),
    normed.statistics_mistakes(
        LN_STATISTICS,
        (
            (
                "over_batch",
                "mean and variance are taken over the batch (axis=0): that is batch norm; expected over the features",
                "mean, var = np.mean(x, axis=0), np.var(x, axis=0)",
            ),
            (
                "one_mean",
                "one mean and one variance over all entries are used, expected one of each for every row",
                "mean, var = np.mean(x), np.var(x)",
            ),
            ("not_centred", normed.NOT_CENTRED, LN_STATISTICS.replace("= np.mean", "= 0 * np.mean")),
        ),
    )
    + (
        mistake("fixed_eps", normed.FIXED_EPS)(('ln_param.get("eps", 1e-5)', "1e-5")),
        mistake("changes_x", normed.CHANGES_X)(("x_hat = (x - mean) / std", "x -= mean\n    x_hat = x / std")),
        mistake("float64", normed.UPCAST)(("np.sqrt(var + eps)", "np.sqrt(var.astype(np.float64) + eps)")),
    ),
)

LN_BACKWARD = LN + normed.backward("layernorm_backward")
LN_DX = "D * dx_hat - total - x_hat * along"

layernorm_backward = task(
    "layernorm_backward",
    LN_BACKWARD,
    normed.draw_rows,
    normed.backward_checks(LN_BACKWARD, "layernorm_backward", 1, normed.one_example(normed.draw_rows)),
    (
        *gamma_mistakes(),
        mistake("no_gamma", normed.NO_DX_GAMMA)(("dx_hat = dout * gamma", "dx_hat = dout")),
        mistake("factored", normed.FACTORED)(("dx_hat = dout * gamma", "dx_hat = dout"), ("dx = (", "dx = gamma * (")),
        mistake(
            "over_batch",
            "the two sums in dx run over the batch (axis=0), as in batch norm; expected over the features of each row",
        )(
            ("np.sum(dx_hat, axis=1, keepdims=True)", "np.sum(dx_hat, axis=0)"),
            ("np.sum(dx_hat * x_hat, axis=1, keepdims=True)", "np.sum(dx_hat * x_hat, axis=0)"),
            ("D = x.shape[1]", "D = x.shape[0]"),
        ),
        mistake("counts_examples", "dx counts the examples N, expected the features D")(
            ("D = x.shape[1]", "D = x.shape[0]")
        ),
        mistake("direct_path", normed.DIRECT)((LN_DX, "D * dx_hat")),
        mistake("no_mean_path", normed.NO_MEAN_PATH)((LN_DX, "D * dx_hat - x_hat * along")),
        mistake("no_variance_path", normed.NO_VAR_PATH)((LN_DX, "D * dx_hat - total")),
        mistake("variance", normed.VARIANCE_BACK)(("/ (D * std)", "/ (D * std**2)")),
    ),
)

TASKS = (batchnorm_forward, batchnorm_backward, batchnorm_backward_alt, layernorm_forward, layernorm_backward)

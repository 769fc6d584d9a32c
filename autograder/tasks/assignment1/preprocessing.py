"""Tasks of svm.ipynb's first part: mean subtraction, normalisation, PCA, whitening, the bias trick."""

import numpy as np

from autograder.tasks.spec import mistake, task_factory, untouched, values
from chainrule import preprocessing

__all__ = ["TASKS"]


def draw_splits(rng, flat=1.0):
    """flat: a factor of the spread along the last requested direction, and along the one after it."""
    N, M, D = rng.integers(12, 18), rng.integers(4, 8), rng.integers(3, 6)
    spread = 2.0 ** -np.arange(D)
    spread[-2:] *= flat
    mixing = np.diag(spread) @ np.linalg.qr(rng.normal(size=(D, D)))[0]
    shift = rng.uniform(1, 3, D)
    return {
        "X_train": shift + rng.normal(size=(N, D)) @ mixing,
        "X_test": shift + 1 + rng.normal(size=(M, D)) @ mixing,
        "num_components": int(D - 1),
    }


def draw_dead_pixel(rng):
    """One pixel never changes, another one by so little that eps counts."""
    inputs = draw_splits(rng)
    for name in ("X_train", "X_test"):
        inputs[name][:, 1] = 7.0
        inputs[name][:, 2] = 1e-8 * rng.normal(size=len(inputs[name]))
    return inputs


def draw_flat(rng):
    """The last requested eigenvalue is so small that eps counts."""
    return draw_splits(rng, 0.03)


task = task_factory("assignment1", "svm", preprocessing)


TEST_STATISTICS = "the test images are treated with their own statistics, expected those of the training images"
JOINT = "the statistics are those of both splits together, expected those of the training images alone"
TEST_FORGOTTEN = "the test images are returned as they came"
ONE_MEAN = "one mean over all entries is used, expected one for every feature (axis=0)"
ROW_MEAN = "the mean is taken over each image's features (axis=1), expected over the images (axis=0)"
NOT_CENTRED = "the mean is not subtracted first"
TEST_NOT_CENTRED = "the training mean is not subtracted from the test images"

subtract_mean = task(
    "subtract_mean",
    "A_train, A_test = subtract_mean(X_train, X_test)",
    draw_splits,
    (values("training images", 1, "A_train"), values("test images", 1, "A_test"), untouched(1, "X_train", "X_test")),
    (
        mistake("own_statistics", TEST_STATISTICS)(("X_test - mean", "X_test - np.mean(X_test, axis=0)")),
        mistake("joint", JOINT)(("np.mean(X_train, axis=0)", "np.mean(np.vstack([X_train, X_test]), axis=0)")),
        mistake("one_mean", ONE_MEAN)(("np.mean(X_train, axis=0)", "np.mean(X_train)")),
        mistake("row_mean", ROW_MEAN)(
            (
                "return X_train - mean, X_test - mean",
                "return X_train - X_train.mean(1, keepdims=True), X_test - X_test.mean(1, keepdims=True)",
            )
        ),
        mistake("test_forgotten", TEST_FORGOTTEN)(("X_test - mean", "X_test")),
        mistake("in_place", "the arrays that were passed in are changed: X -= mean works in place, X - mean does not")(
            ("return X_train - mean", "X_train -= mean\n    return X_train")
        ),
    ),
)

SCALED = "(X_test - mean) / scale"

normalize = task(
    "normalize",
    "A_train, A_test = normalize(X_train, X_test)",
    draw_splits,
    (
        values("training images", 1, "A_train"),
        values("test images", 1, "A_test"),
        values("pixels that never change, or hardly", 1, "A_train", "A_test", draw=draw_dead_pixel),
    ),
    (
        mistake("own_statistics", TEST_STATISTICS)(
            (SCALED, "(X_test - np.mean(X_test, axis=0)) / (np.std(X_test, axis=0) + eps)")
        ),
        mistake(
            "own_scale",
            "the test images are divided by their own standard deviation, expected that of the training images",
        )((SCALED, "(X_test - mean) / (np.std(X_test, axis=0) + eps)")),
        mistake("test_forgotten", TEST_FORGOTTEN)((SCALED, "X_test")),
        mistake("variance", "the features are divided by the variance, expected the standard deviation")(
            ("np.std(X_train, axis=0)", "np.var(X_train, axis=0)")
        ),
        mistake("ddof", "the standard deviation is divided by N - 1 (ddof=1), expected N")(
            ("np.std(X_train, axis=0)", "np.std(X_train, axis=0, ddof=1)")
        ),
        mistake("one_scale", "one standard deviation over all entries is used, expected one for every feature")(
            ("np.std(X_train, axis=0)", "np.std(X_train)")
        ),
        mistake("no_eps", "a feature that never changes is divided by 0: add eps to the standard deviation")(
            (" + eps", "")
        ),
        mistake("eps_in_variance", "eps is added to the variance, expected to the standard deviation, its square root")(
            ("np.std(X_train, axis=0) + eps", "np.sqrt(np.var(X_train, axis=0) + eps)")
        ),
        mistake("not_centred", NOT_CENTRED)(
            ("(X_train - mean) / scale", "X_train / scale"), (SCALED, "X_test / scale")
        ),
        mistake("range", "the features are divided by their range, expected the standard deviation")(
            ("np.std(X_train, axis=0)", "np.ptp(X_train, axis=0)")
        ),
    ),
)

pca = task(
    "pca",
    "Z_train, Z_test = pca(X_train, X_test, num_components)",
    draw_splits,
    (
        values("training coordinates, up to sign", 2, "Z_train", view="abs"),
        values("test coordinates, up to sign", 1, "Z_test", view="abs"),
        values("inner products of the coordinates", 1, "Z_train", "Z_test", view="gram"),
    ),
    (
        mistake("not_centred", NOT_CENTRED)(
            ("centred = X_train - mean", "centred = X_train"), ("X_test - mean", "X_test")
        ),
        mistake("test_not_centred", TEST_NOT_CENTRED)(("X_test - mean", "X_test")),
        mistake("own_mean", TEST_STATISTICS)(("X_test - mean", "X_test - np.mean(X_test, axis=0)")),
        mistake("rows", "the rows of the matrix of directions are taken for its columns (or the other way round)")(
            ("directions[:num_components].T", "directions[:, :num_components]")
        ),
        mistake(
            "smallest", "these are the directions in which the images vary least: the largest eigenvalue comes first"
        )(("directions[:num_components].T", "directions[::-1][:num_components].T")),
        mistake("all_components", "all components are returned, expected the first num_components")(
            ("directions[:num_components].T", "directions.T")
        ),
        mistake("basis", "these are the directions, expected the coordinates of the images along them")(
            ("return centred @ basis", "return basis")
        ),
    ),
)

whiten = task(
    "whiten",
    "Z_train, Z_test = whiten(X_train, X_test, num_components)",
    draw_flat,
    (
        # Tolerance: by some methods the direction of a variance of 1e-5 beside one of 1 loses half of its digits.
        values("training coordinates, up to sign", 1, "Z_train", view="abs", rtol=1e-4),
        values("test coordinates, up to sign", 1, "Z_test", view="abs", rtol=1e-4),
        values("inner products of the coordinates", 1, "Z_train", view="gram", rtol=1e-4),
    ),
    (
        mistake("not_scaled", "these are the PCA coordinates: they are not divided by sqrt(lambda + eps)")(
            (" / np.sqrt(variance + eps)", "")
        ),
        mistake("no_eps", "eps is missing: each coordinate is divided by sqrt(lambda + eps)")((" + eps", "")),
        mistake(
            "eps_outside", "eps is added to the square root, expected to the eigenvalue under it: sqrt(lambda + eps)"
        )(("np.sqrt(variance + eps)", "(np.sqrt(variance) + eps)")),
        mistake("variance", "the coordinates are divided by the eigenvalue, expected its square root")(
            ("np.sqrt(variance + eps)", "(variance + eps)")
        ),
        mistake("ddof", "the eigenvalues are those of the covariance divided by N - 1, expected N")(
            ("X_train.shape[0]", "(X_train.shape[0] - 1)")
        ),
        mistake("singular", "the squared singular values are not divided by N")((" / X_train.shape[0]", "")),
        mistake("test_not_centred", TEST_NOT_CENTRED)(("X_test - mean", "X_test")),
        mistake("own_mean", TEST_STATISTICS)(("X_test - mean", "X_test - np.mean(X_test, axis=0)")),
        mistake("not_centred", NOT_CENTRED)(
            ("centred = X_train - mean", "centred = X_train"), ("X_test - mean", "X_test")
        ),
    ),
)


def draw_images(rng):
    return {"X": rng.normal(size=(rng.integers(3, 7), rng.integers(2, 6)))}


def draw_one_image(rng):
    return {"X": rng.normal(size=(1, 4))}


add_bias = task(
    "add_bias",
    "A = add_bias(X)",
    draw_images,
    (values("a column of ones at the end", 1, "A"), values("one image", 1, "A", draw=draw_one_image, cases=2)),
    (
        mistake("row", "a row was appended, expected a column")(
            ("np.hstack([X, np.ones((X.shape[0], 1))])", "np.vstack([X, np.ones((1, X.shape[1]))])")
        ),
        mistake("first", "the ones stand in the first column, expected the last")(
            ("np.hstack([X, np.ones((X.shape[0], 1))])", "np.hstack([np.ones((X.shape[0], 1)), X])")
        ),
        mistake("zeros", "the new column holds zeros, expected ones")(("np.ones(", "np.zeros(")),
        mistake("added", "1 was added to every entry, expected a column of ones")(
            ("np.hstack([X, np.ones((X.shape[0], 1))])", "X + 1")
        ),
    ),
)

TASKS = (subtract_mean, normalize, pca, whiten, add_bias)

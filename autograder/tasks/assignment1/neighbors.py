"""Tasks of knn.ipynb: distances three ways, the vote, cross-validation."""

import numpy as np

from autograder.tasks.spec import Task, growth, memory, mistake, untouched, values
from chainrule import neighbors

__all__ = ["TASKS"]

CALL = """
model = KNearestNeighbor()
model.train(X_train, y_train)
dists = model.{}(X)
"""


def draw_images(rng):
    num_train, num_test, dim = rng.integers(5, 9), rng.integers(2, 5), rng.integers(3, 7)
    return {
        "X_train": rng.normal(size=(num_train, dim)),
        "y_train": rng.integers(0, 3, num_train),
        "X": rng.normal(size=(num_test, dim)),
    }


def draw_equal_images(rng):
    """Test images that are in the training set too, far from the origin: squares lose their last digits."""
    X_train = 100 + rng.normal(size=(40, 20))
    return {"X_train": X_train, "y_train": rng.integers(0, 3, 40), "X": X_train.copy()}


def draw_one_image(rng):
    inputs = draw_images(rng)
    return inputs | {"X": inputs["X"][:1]}


def draw_sized(size, dim=5):
    def draw(rng):
        X_train = rng.normal(size=(size, dim))
        return {"X_train": X_train, "y_train": rng.integers(0, 3, size), "X": X_train[::-1].copy(), "N": size}

    return draw


def distance_task(method, checks, mistakes):
    return Task(
        f"KNearestNeighbor.{method}",
        neighbors,
        "assignment1",
        "knn",
        CALL.format(method),
        draw_images,
        checks,
        mistakes,
    )


SQUARED = "these are the squared distances: the square root is missing"
L1 = "these are L1 distances (sums of absolute differences), not L2"
TRANSPOSED = "the rows belong to the training images, expected the test images"
MEAN = "this is the mean over the features, expected the sum"

two_loops = distance_task(
    "compute_distances_two_loops",
    (
        values("distances", 3, "dists"),
        values("one test image", 1, "dists", draw=draw_one_image, cases=1),
        untouched(1, "X", "X_train"),
    ),
    (
        mistake("squared", SQUARED)(
            ("np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))", "np.sum((X[i] - self.X_train[j]) ** 2)")
        ),
        mistake("l1", L1)(("np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))", "np.sum(np.abs(X[i] - self.X_train[j]))")),
        mistake("mean", MEAN)(("np.sqrt(np.sum(", "np.sqrt(np.mean(")),
        mistake("sum_of_differences", "the differences are added up before they are squared")(
            ("np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))", "np.abs(np.sum(X[i] - self.X_train[j]))")
        ),
        mistake("transposed", TRANSPOSED)(("return dists", "return dists.T")),
        mistake("in_place", "the test images X are changed by the call: subtract into a new array")(
            ("return dists", "X -= X.mean()\n    return dists")
        ),
    ),
)

one_loop = distance_task(
    "compute_distances_one_loop",
    (
        values("distances", 2, "dists"),
        values("one test image", 1, "dists", draw=draw_one_image, cases=1),
        untouched(1, "X", "X_train"),
    ),
    (
        mistake("squared", SQUARED)(
            ("np.sqrt(np.sum((self.X_train - X[i]) ** 2, axis=1))", "np.sum((self.X_train - X[i]) ** 2, axis=1)")
        ),
        mistake("l1", L1)(
            ("np.sqrt(np.sum((self.X_train - X[i]) ** 2, axis=1))", "np.sum(np.abs(self.X_train - X[i]), axis=1)")
        ),
        mistake("no_axis", "the sum runs over all training images at once: it needs axis=1")((", axis=1", "")),
        mistake("mean", MEAN)(("np.sqrt(np.sum(", "np.sqrt(np.mean(")),
        mistake("transposed", TRANSPOSED)(("return dists", "return dists.T")),
        mistake("in_place", "the training images are changed by the call: subtract into a new array")(
            ("return dists", "self.X_train -= 1\n    return dists")
        ),
    ),
)

ROOT = "np.sqrt(np.maximum(squares, 0))"

no_loops = distance_task(
    "compute_distances_no_loops",
    (
        values("distances", 3, "dists"),
        # The root of a square of about 1e-10 that should be 0 is 1e-5, and more on another processor: rounding, not a mistake.
        values("equal images: 0, not nan", 1, "dists", draw=draw_equal_images, cases=1, atol=1e-3, strict="extremes"),
        values("one test image", 1, "dists", draw=draw_one_image, cases=1),
        growth(1, draw_sized(12), draw_sized(96), "no loop is left"),
        memory("no (num_test, num_train, D) array", 1, draw_sized(120, 60), limit=120 * 120 * 60 * 8 / 2),
    ),
    (
        mistake("squared", SQUARED)((ROOT, "np.maximum(squares, 0)")),
        mistake("no_clip", "the square root of a tiny negative number is nan: clip the squares at 0 first")(
            (ROOT, "np.sqrt(squares)")
        ),
        mistake("no_factor_two", "the mixed term of |a - b|^2 is 2 a.b: the factor 2 is missing")(
            ("2 * cross", "cross")
        ),
        mistake("plus_cross", "the mixed term of |a - b|^2 is subtracted, not added")(("- 2 * cross", "+ 2 * cross")),
        mistake("no_test_squares", "the squares of the test images are missing")(
            ("test_squares - 2 * cross", "-2 * cross")
        ),
        mistake("no_train_squares", "the squares of the training images are missing")(("+ train_squares", "")),
        mistake("transposed", TRANSPOSED)((f"return {ROOT}", f"return {ROOT}.T")),
        mistake("broadcast", "a (num_test, num_train, D) array is built: multiply the square out instead")(
            (f"return {ROOT}", "return np.sqrt(np.sum((X[:, None] - self.X_train[None]) ** 2, axis=2))")
        ),
        mistake("loop", "a loop is left")(
            (f"return {ROOT}", "return np.array([np.sqrt(np.sum((self.X_train - x) ** 2, axis=1)) for x in X])")
        ),
    ),
)


def draw_votes(rng):
    num_test, num_train = 6, 12
    return {
        "dists": rng.permuted(np.arange(1.0, 1 + num_test * num_train)).reshape(num_test, num_train),
        "y_train": rng.integers(0, 4, num_train),
        "k": int(rng.integers(3, 6)),
    }


def draw_ties(rng):
    """k = 4 votes, two for each of two labels, in random order of distance."""
    low, high = np.sort(rng.permutation(6)[:2])
    near = rng.permuted(np.tile(np.arange(1.0, 5.0), (8, 1)), axis=1)
    far = rng.permuted(np.tile(np.arange(5.0, 9.0), (8, 1)), axis=1)
    return {"dists": np.hstack([near, far]), "k": 4, "y_train": np.array([high, low, low, high, high, 0, 0, 0])}


def draw_nearest(rng):
    """All labels differ, so that every other k predicts another one sooner or later."""
    inputs = draw_votes(rng)
    return inputs | {"y_train": rng.permutation(len(inputs["y_train"]))}


VOTE = """
model = KNearestNeighbor()
model.train(np.zeros((len(y_train), 2)), y_train)
labels = model.predict_labels(dists, k=k)
"""

predict_labels = Task(
    "KNearestNeighbor.predict_labels",
    neighbors,
    "assignment1",
    "knn",
    VOTE,
    draw_votes,
    (
        values("the nearest image alone, k = 1", 2, "labels", call=VOTE.replace(", k=k", ""), draw=draw_nearest),
        values("the vote of k images", 2, "labels"),
        values("ties go to the smaller label", 1, "labels", draw=draw_ties),
        untouched(1, "dists", "y_train"),
    ),
    (
        mistake("first_k", "the votes are those of the first k training images, not of the nearest")(
            ('np.argsort(dists[i], kind="stable")[:k]', "np.arange(k)")
        ),
        mistake("farthest", "the votes are those of the k farthest images")(
            ('np.argsort(dists[i], kind="stable")[:k]', "np.argsort(-dists[i])[:k]")
        ),
        mistake("nearest_only", "only the nearest image votes, whatever k is")(("[:k]", "[:1]")),
        mistake("one_too_few", "only k - 1 images vote")(("[:k]", "[: max(k - 1, 1)]")),
        mistake("one_too_many", "k + 1 images vote")(("[:k]", "[: k + 1]")),
        mistake("larger_label", "a tie goes to the larger label; in this course the smaller one wins")(
            (
                "np.argmax(np.bincount(self.y_train[nearest]))",
                "(c := np.bincount(self.y_train[nearest])).size - 1 - np.argmax(c[::-1])",
            )
        ),
        mistake("nearest_of_tied", "a tie goes to the nearest image's label; in this course the smaller label wins")(
            (
                "np.argmax(np.bincount(self.y_train[nearest]))",
                "max(self.y_train[nearest], key=list(self.y_train[nearest]).count)",
            )
        ),
        mistake("mean_label", "labels are names, not quantities: the votes are averaged instead of counted")(
            ("np.argmax(np.bincount(self.y_train[nearest]))", "np.round(np.mean(self.y_train[nearest]))")
        ),
        mistake("index", "this is the index of the nearest image, expected its label")(
            ("np.argmax(np.bincount(self.y_train[nearest]))", "nearest[0]")
        ),
    ),
)


def draw_folds(rng, num=20):
    return {
        "X": rng.integers(0, 50, (num, 2)).astype(float),
        "y": rng.integers(0, 3, num),
        "k_choices": [1, 3, 4],
        "num_folds": 5,
    }


def draw_uneven_folds(rng):
    return draw_folds(rng, 22) | {"num_folds": 4}


FOLDS = """
from chainrule.judging.stubs import RecordingClassifier
found = cross_validate(RecordingClassifier(), X, y, k_choices, num_folds)
accuracies = [list(found[k]) for k in k_choices]
"""

cross_validate = Task(
    "cross_validate",
    neighbors,
    "assignment1",
    "knn",
    FOLDS,
    draw_folds,
    (
        values("accuracies of every k and fold", 3, "accuracies", call=FOLDS.replace(", num_folds)", ")")),
        values("folds of unequal size", 1, "accuracies", draw=draw_uneven_folds),
        untouched(1, "X", "y"),
    ),
    (
        mistake("trains_on_all", "the fold that is held out is part of the training set as well")(
            ("X_folds[:fold] + X_folds[fold + 1 :]", "X_folds"), ("y_folds[:fold] + y_folds[fold + 1 :]", "y_folds")
        ),
        mistake("tests_on_training", "the accuracy is measured on the images the classifier was trained on")(
            ("classifier.predict(X_folds[fold], k=k)", "classifier.predict(X_rest, k=k)"),
            ("predicted == y_folds[fold]", "predicted == y_rest"),
        ),
        mistake("trains_on_one", "the classifier is trained on the held-out fold and tested on it")(
            ("classifier.train(X_rest, y_rest)", "classifier.train(X_folds[fold], y_folds[fold])")
        ),
        mistake("forgets_k", "k is not passed to predict")((", k=k)", ")")),
        mistake("counts", "these are numbers of right answers, expected shares between 0 and 1")(
            ("np.mean(predicted", "np.sum(predicted")
        ),
        mistake("errors", "these are error rates, expected accuracies")(("predicted == ", "predicted != ")),
        mistake("skips_tail", "a fold is missing: every one of the num_folds folds is held out once")(
            ("range(num_folds)", "range(num_folds - 1)")
        ),
    ),
)

TASKS = (two_loops, one_loop, no_loops, predict_labels, cross_validate)

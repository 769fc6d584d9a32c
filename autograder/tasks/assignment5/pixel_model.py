"""What the tasks of visualization.ipynb share: a small model of the pixels, its images, wrong scores to differentiate."""

import numpy as np

from autograder.tasks.spec import mistake
from chainrule.judging.model_stubs import PixelModel

__all__ = ["MODEL", "draw_grey", "draw_images", "draw_many", "draw_one", "score_mistakes"]

MODEL = "from chainrule.judging.model_stubs import PixelModel\nmodel = PixelModel(W1, b1, W2, b2)\n"


def draw_model(rng, C=3, H=3, W=4, K=5, hidden=6):
    """Weights of a PixelModel, steep enough that the gradient is another one at every image."""
    D = C * H * W
    return {
        "W1": 3 * rng.normal(size=(D, hidden)) / np.sqrt(D),
        "b1": rng.normal(size=hidden) / 2,
        "W2": rng.normal(size=(hidden, K)),
        "b2": rng.normal(size=K) / 4,
    }


def labels_unlike(scores, rng):
    """Return for every row a class other than that with the highest score."""
    N, K = scores.shape
    return (np.argmax(scores, axis=1) + rng.integers(1, K, N)) % K


def draw_images(rng, N=4, C=3, H=3, W=4):
    """Images with classes that the model does not predict for them."""
    weights = draw_model(rng, C, H, W)
    X = rng.uniform(size=(N, C, H, W))
    return weights | {"X": X, "y": labels_unlike(PixelModel(**weights).forward(X)[0], rng)}


def draw_one(rng):
    return draw_images(rng, N=1)


def draw_grey(rng):
    return draw_images(rng, C=1)


def draw_many(N):
    return lambda rng: draw_images(rng, N) | {"N": N}


# Mistakes that differentiate another quantity than the score of the given class. All functions use the name dscores.

IN_PROBABILITY = "expected that of the score before the softmax"


def score_mistakes(one_hot, label, subject, rows="np.arange(len(y))", indent="    "):
    """Return mistakes: gradients of another quantity. one_hot: the line that sets dscores; subject: what the message calls the gradient."""
    start = "dscores = np.zeros_like(scores)"
    shifted = "np.exp(scores - scores.max(axis=1, keepdims=True))"
    probs = f"{shifted} / {shifted}.sum(axis=1, keepdims=True)"
    predicted = "scores.argmax(axis=1)"
    return (
        mistake("probability", f"{subject} is that of the softmax probability, {IN_PROBABILITY}")(
            (
                one_hot,
                f"probs = {probs}\n{indent}{one_hot}\n"
                f"{indent}dscores = probs[{rows}, {label}][..., None] * (dscores - probs)",
            )
        ),
        mistake("loss", f"{subject} is that of the softmax loss, {IN_PROBABILITY}")(
            (one_hot, f"{one_hot}\n{indent}dscores = {probs} - dscores")
        ),
        mistake("log_probability", f"{subject} is that of the logarithm of the probability, {IN_PROBABILITY}")(
            (one_hot, f"{one_hot}\n{indent}dscores = dscores - {probs}")
        ),
        mistake(
            "all_scores",
            f"{subject} is that of the sum of all scores, expected the score of one class: dscores is 1 there and 0 elsewhere",
        )((start, "dscores = np.ones_like(scores)")),
        mistake(
            "predicted", f"{subject} is that of the class with the highest score, expected the class that was asked for"
        )((one_hot, f"dscores[{rows}, {predicted}] = 1")),
    )

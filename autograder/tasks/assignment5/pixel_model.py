"""What the tasks of visualization.ipynb share: a small model of the pixels, its images, wrong scores to go back from."""

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
    """For every row a class that has not the highest score."""
    N, K = scores.shape
    return (np.argmax(scores, axis=1) + rng.integers(1, K, N)) % K


def draw_images(rng, N=4, C=3, H=3, W=4):
    """Images with classes that the model does not see in them."""
    weights = draw_model(rng, C, H, W)
    X = rng.uniform(size=(N, C, H, W))
    return weights | {"X": X, "y": labels_unlike(PixelModel(**weights).forward(X)[0], rng)}


def draw_one(rng):
    return draw_images(rng, N=1)


def draw_grey(rng):
    return draw_images(rng, C=1)


def draw_many(N):
    return lambda rng: draw_images(rng, N) | {"N": N}


# What is asked for in the place of the score of the given class. dscores is the name in all functions.

IN_PROBABILITY = "expected that of the score before the softmax"


def score_mistakes(one_hot, label, found, rows="np.arange(len(y))", indent="    "):
    """Gradients of something else. one_hot: the line that sets dscores; found: what the gradient is called."""
    start = "dscores = np.zeros_like(scores)"
    shifted = "np.exp(scores - scores.max(axis=1, keepdims=True))"
    probs = f"{shifted} / {shifted}.sum(axis=1, keepdims=True)"
    seen = "scores.argmax(axis=1)"
    return (
        mistake("probability", f"{found} is that of the softmax probability, {IN_PROBABILITY}")(
            (
                one_hot,
                f"probs = {probs}\n{indent}{one_hot}\n"
                f"{indent}dscores = probs[{rows}, {label}][..., None] * (dscores - probs)",
            )
        ),
        mistake("loss", f"{found} is that of the softmax loss, {IN_PROBABILITY}")(
            (one_hot, f"{one_hot}\n{indent}dscores = {probs} - dscores")
        ),
        mistake("log_probability", f"{found} is that of the logarithm of the probability, {IN_PROBABILITY}")(
            (one_hot, f"{one_hot}\n{indent}dscores = dscores - {probs}")
        ),
        mistake(
            "all_scores",
            f"{found} is that of the sum of all scores, expected the score of one class: dscores is 1 there and 0 elsewhere",
        )((start, "dscores = np.ones_like(scores)")),
        mistake(
            "predicted", f"{found} is that of the class with the highest score, expected the class that was asked for"
        )((one_hot, f"dscores[{rows}, {seen}] = 1")),
    )

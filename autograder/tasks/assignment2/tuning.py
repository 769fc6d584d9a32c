"""Tasks of two_layer_net.ipynb: the search for settings."""

import numpy as np

from autograder.tasks.spec import mistake, task_factory, values
from chainrule import two_layer

__all__ = ["TASKS"]

task = task_factory("assignment2", "two_layer_net", two_layer)

TUNE = """
from chainrule.judging.net_stubs import ScriptedNets
nets = ScriptedNets()
settings = [{"learning_rate": float(rate), "reg": float(reg)} for rate, reg in zip(rates, regs)]
best, accuracies = tune(nets, settings, X, y, X_val, y_val)
chosen = best is not None
best_rate, best_reg, best_total = (best.learning_rate, best.reg, best.total) if chosen else (-1, -1, -1)
number = nets.made
"""


def draw_search(rng):
    """A scripted net labels those images correctly whose second pixel is below its learning rate."""

    def images(N):
        y = rng.integers(0, 3, N)
        return np.stack([y, rng.permutation(N) / N + 0.5 / N], axis=1), y

    (X, y), (X_val, y_val) = images(12), images(20)
    # On the training images most second pixels are small, so that other settings look the best there.
    X[:, 1] = 1 - X[:, 1] ** 2
    # The best, the worst and the one that is the best on the way are neither the first nor the last.
    rates = np.concatenate([[0.45], rng.permutation([0.1, 0.33, 0.78]), [0.6]]) + 0.02 * rng.uniform(size=5)
    return {"rates": rates, "regs": rng.uniform(size=5), "X": X, "y": y, "X_val": X_val, "y_val": y_val}


def draw_tie(rng):
    inputs = draw_search(rng)
    rates = inputs["rates"]
    return inputs | {"rates": np.array([rates.min(), rates.max(), 0.35, rates.max(), np.median(rates)])}


def draw_all_wrong(rng):
    """No net labels any image correctly."""
    inputs = draw_search(rng)
    inputs["X_val"][:, 1] = 2
    return inputs


BETTER = "not accuracies or accuracy > max(accuracies)"
FINAL = "np.mean(net.predict(X_val) == y_val)"
FIT = "net.train(X, y, X_val, y_val, **setting)"
BEST = ("best_rate", "best_reg", "best_total")

tune = task(
    "tune",
    TUNE,
    draw_search,
    (
        values("accuracies in the order of settings", 1.5, "accuracies"),
        values("the best net", 1.5, *BEST),
        values("a new net for every setting", 0.5, "number", *BEST),
        values("the first one on a tie", 1, *BEST, draw=draw_tie),
        values("where no net is right even once", 0.5, *BEST, "accuracies", draw=draw_all_wrong),
    ),
    (
        mistake("last", "the net that was trained last is returned, expected the best one")(
            (f"if {BETTER}", "if True")
        ),
        mistake("first", "the first net is returned, expected the best one")((BETTER, "not accuracies")),
        mistake("worst", "the net with the lowest validation accuracy is returned, expected the highest")(
            ("accuracy > max(accuracies)", "accuracy < min(accuracies)")
        ),
        mistake(
            "last_on_a_tie", "on a tie the later net is returned, expected the first one: compare with > and not >="
        )(("accuracy > max", "accuracy >= max")),
        mistake("training_accuracy", "the nets are judged on the training images, expected on the validation images")(
            (FINAL, "np.mean(net.predict(X) == y)")
        ),
        mistake(
            "best_on_the_way", "a net is judged by its best accuracy on the way, expected the accuracy after training"
        )((FINAL, 'max(history["val_acc_history"])'), (FIT, f"history = {FIT}")),
        mistake("swapped", "the nets are trained on the validation images: X, y come first in net.train")(
            (FIT, "net.train(X_val, y_val, X, y, **setting)")
        ),
        mistake("no_settings", "the settings are not passed on to net.train: write **setting")(
            (FIT, "net.train(X, y, X_val, y_val)")
        ),
        mistake("rate_only", "only the learning rate of a setting is passed on: write **setting")(
            ("**setting", 'learning_rate=setting["learning_rate"]')
        ),
        mistake("one_net", "one net is trained again and again: call make_net() for every setting")(
            ("best_net, accuracies = None, []", "best_net, accuracies, net = None, [], make_net()"),
            ("net = make_net()\n", "pass\n"),
        ),
        mistake("never_none", "no net is returned where all accuracies are 0: start below 0, or take the first net")(
            (BETTER, "accuracy > max(accuracies, default=0)")
        ),
        mistake("sorted", "the accuracies are sorted, expected the order of settings")(
            ("best_net, accuracies\n", "best_net, sorted(accuracies)\n")
        ),
        mistake("best_only", "only the best accuracy is returned, expected the list of all of them")(
            ("return best_net, accuracies", "return best_net, max(accuracies)")
        ),
    ),
)

TASKS = (tune,)

"""Stand-ins for a net, so that training and tuning can be judged without the student's loss.

`probe_net` gives a net a simple loss and records its batches; `ScriptedNets` makes nets that are as good as the
learning rate they are trained with.
"""

import numpy as np

__all__ = ["ScriptedNets", "probe_net"]


def probe_net(net_class, W1, b1, W2, b2):
    """An instance whose loss is the mean squared score of the labelled class in a net without ReLU."""

    class Probe(net_class):
        def loss(self, X, y=None, reg=0.0):
            p = self.params
            middle = X @ p["W1"] + p["b1"]
            scores = middle @ p["W2"] + p["b2"]
            if y is None:
                return scores
            self.ids.append(X[:, 0])
            self.labels.append(y)
            rows = np.arange(len(y))
            upstream = np.zeros_like(scores)
            upstream[rows, y] = 2 * scores[rows, y] / len(y)
            below = upstream @ p["W2"].T
            grads = {"W2": middle.T @ upstream, "b2": upstream.sum(0), "W1": X.T @ below, "b1": below.sum(0)}
            penalty = reg * sum(array.sum() for array in p.values())
            return np.mean(scores[rows, y] ** 2) + penalty, {name: g + reg for name, g in grads.items()}

        def predict(self, X):
            return self.loss(X).argmax(1)

    made = Probe.__new__(Probe)
    made.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    made.ids, made.labels = [], []
    return made


class ScriptedNets:
    """Called without arguments, makes a net; `made` lists them."""

    def __init__(self):
        self.made = []

    def __call__(self):
        self.made.append(_ScriptedNet())
        return self.made[-1]


class _ScriptedNet:
    """Labels the images right whose second pixel is below its learning rate, once it saw the right images."""

    learning_rate = reg = total = 0.0

    def train(self, X, y, X_val, y_val, learning_rate=0.05, reg=0.0, num_iters=100, **others):
        self.learning_rate, self.reg = learning_rate, reg
        self.total = float(np.sum(X) + 10 * np.sum(y) + 100 * np.sum(X_val) + 1000 * np.sum(y_val))
        # Somewhere on the way the net is better than at the end, and those with a rate near 0.35 are the best there.
        way = [learning_rate, 1 - abs(learning_rate - 0.35) / 5, learning_rate]
        return {"loss_history": [1.0] * num_iters, "train_acc_history": way, "val_acc_history": way}

    def predict(self, X):
        return (X[:, 0] + (X[:, 1] >= self.learning_rate)).astype(int) % 3

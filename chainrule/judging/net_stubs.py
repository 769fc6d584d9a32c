"""Stubs for a net, so that training and tuning can be judged without the student's loss.

`probe_net` gives a net a simple loss and records its batches; `ScriptedNets` makes nets that are as good as the
learning rate they are trained with; `PassingNorm` is a layer norm that does nothing. All can be pickled.
"""

import os
import tempfile
import weakref

import numpy as np

__all__ = ["PassingNorm", "ScriptedNets", "probe_net"]

NAMES = ("W1", "b1", "W2", "b2")


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

        def __reduce_ex__(self, _):
            return probe_net, (net_class, *[self.params[name] for name in NAMES]), self.__dict__

    net = Probe.__new__(Probe)
    net.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    net.ids, net.labels = [], []
    return net


class PassingNorm:
    """The norm_forward and norm_backward of a net: x passes, gamma and beta get gradients of their own."""

    def __init__(self):
        self.modes = []

    def forward(self, x, k, mode):
        self.modes.append(mode)
        return x, x

    def backward(self, dout, cache, k):
        return dout, {f"gamma{k}": dout[0], f"beta{k}": dout[0]}


class ScriptedNets:
    """Called without arguments, makes a net; `made` counts them, also those that are made in other processes."""

    def __init__(self):
        handle, self.path = tempfile.mkstemp(prefix="chainrule-nets-")
        os.close(handle)
        weakref.finalize(self, os.remove, self.path)

    def __call__(self):
        with open(self.path, "ab") as file:
            file.write(b".")
        return _ScriptedNet()

    @property
    def made(self):
        return os.path.getsize(self.path)


class _ScriptedNet:
    """Labels the images right whose second pixel is below its learning rate, once it saw the right images."""

    learning_rate = reg = total = 0.0

    def train(self, X, y, X_val, y_val, learning_rate=0.05, reg=0.0, num_iters=100, **_):
        self.learning_rate, self.reg = learning_rate, reg
        self.total = float(np.sum(X) + 10 * np.sum(y) + 100 * np.sum(X_val) + 1000 * np.sum(y_val))
        # During training the net is better than at the end, and the best then are those with a rate near 0.35.
        accuracies = [learning_rate, 1 - abs(learning_rate - 0.35) / 5, learning_rate]
        return {"loss_history": [1.0] * num_iters, "train_acc_history": accuracies, "val_acc_history": accuracies}

    def predict(self, X):
        return (X[:, 0] + (X[:, 1] >= self.learning_rate)).astype(int) % 3

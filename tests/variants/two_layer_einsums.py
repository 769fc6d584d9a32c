"""The two-layer net by einsum, one-hot labels and log-sum-exp; epochs by shuffled batches; tuning by argmax."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        rng, sizes = np.random.default_rng(), (input_size, hidden_size, output_size)
        pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
        self.params = {f"W{k}": std * rng.standard_normal(pair) for k, pair in enumerate(pairs, 1)}
        self.params.update({f"b{k}": np.zeros(pair[1]) for k, pair in enumerate(pairs, 1)})

    def _forward(self, X):
        h = np.einsum("nd,dh->nh", X, self.params["W1"]) + self.params["b1"]
        h = h * (h > 0)
        return h, np.einsum("nh,hc->nc", h, self.params["W2"]) + self.params["b2"]

    def loss(self, X, y=None, reg=0.0):
        h, scores = self._forward(X)
        if y is None:
            return scores
        W1, W2 = self.params["W1"], self.params["W2"]
        log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        target = np.eye(W2.shape[1])[y]
        loss = -np.einsum("nc,nc->", target, log_p) / len(X) + reg * sum(np.vdot(W, W) for W in (W1, W2))
        ds = (np.exp(log_p) - target) / len(X)
        dh = np.where(h > 0, np.einsum("nc,hc->nh", ds, W2), 0)
        return loss, {
            "W1": np.einsum("nd,nh->dh", X, dh) + 2 * reg * W1,
            "b1": np.einsum("nh->h", dh),
            "W2": np.einsum("nh,nc->hc", h, ds) + 2 * reg * W2,
            "b2": np.einsum("nc->c", ds),
        }

    def predict(self, X):
        return np.argsort(-self.loss(X), axis=1, kind="stable")[:, 0]

    def train(
        self,
        X,
        y,
        X_val,
        y_val,
        learning_rate=1e-3,
        learning_rate_decay=0.95,
        reg=5e-6,
        num_iters=100,
        batch_size=200,
        verbose=False,
    ):
        def accuracy(A, b):
            return np.count_nonzero(self.predict(A) == b) / len(b)

        history = {name: [] for name in ("loss_history", "train_acc_history", "val_acc_history")}
        epoch = max(len(X) // batch_size, 1)
        for t in range(num_iters):
            batch = np.random.permutation(len(X))[:batch_size]
            rate = learning_rate * learning_rate_decay ** (-(-t // epoch))
            loss, grads = self.loss(X[batch], y[batch], reg)
            self.params = {name: w - rate * grads[name] for name, w in self.params.items()}
            history["loss_history"].append(loss)
            if t % epoch == 0:
                history["train_acc_history"].append(accuracy(X, y))
                history["val_acc_history"].append(accuracy(X_val, y_val))
        return history


def tune(make_net, settings, X, y, X_val, y_val):
    nets = [make_net() for _ in settings]
    for net, setting in zip(nets, settings, strict=True):
        net.train(X, y, X_val, y_val, **setting)
    accuracies = np.array([np.mean(net.predict(X_val) == y_val) for net in nets])
    return nets[int(accuracies.argmax())], accuracies

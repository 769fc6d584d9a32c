"""The two-layer net as students of CS231n write it: many small steps, ifs and explicit parameters."""

import numpy as np


class TwoLayerNet(object):  # noqa: UP004
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.params["W1"] = np.random.normal(0, std, (input_size, hidden_size))
        self.params["b1"] = np.zeros((hidden_size,))
        self.params["W2"] = np.random.normal(0, std, (hidden_size, output_size))
        self.params["b2"] = np.zeros((output_size,))

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N, D = X.shape

        z1 = X.dot(W1) + b1
        a1 = z1.copy()
        a1[a1 < 0] = 0
        scores = a1.dot(W2) + b2
        if y is None:
            return scores

        f = scores - scores.max(axis=1).reshape(-1, 1)
        log_probs = f - np.log(np.exp(f).sum(axis=1)).reshape(-1, 1)
        loss = -log_probs[range(N), y].sum() / N
        loss += reg * np.sum(W1**2) + reg * np.sum(W2**2)

        grads = {}
        dscores = np.exp(log_probs)
        dscores[range(N), y] -= 1
        grads["W2"] = a1.T.dot(dscores) / N
        grads["W2"] += 2.0 * reg * W2
        grads["b2"] = dscores.sum(axis=0) / N
        da1 = dscores.dot(W2.T)
        da1[a1 <= 0] = 0
        grads["W1"] = X.T.dot(da1) / N
        grads["W1"] += 2.0 * reg * W1
        grads["b1"] = da1.sum(axis=0) / N
        return loss, grads

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
        num_train = X.shape[0]
        iterations_per_epoch = max(num_train / batch_size, 1)
        loss_history = []
        train_acc_history = []
        val_acc_history = []
        for it in range(num_iters):
            indices = np.random.choice(np.arange(num_train), size=batch_size, replace=True)
            X_batch = X[indices]
            y_batch = y[indices]
            loss, grads = self.loss(X_batch, y=y_batch, reg=reg)
            loss_history.append(loss)
            self.params["W1"] -= learning_rate * grads["W1"]
            self.params["b1"] -= learning_rate * grads["b1"]
            self.params["W2"] -= learning_rate * grads["W2"]
            self.params["b2"] -= learning_rate * grads["b2"]
            if verbose and it % 100 == 0:
                print("iteration %d / %d: loss %f" % (it, num_iters, loss))  # noqa: UP031
            if it % iterations_per_epoch == 0:
                train_acc_history.append((self.predict(X) == y).mean())
                val_acc_history.append((self.predict(X_val) == y_val).mean())
                learning_rate *= learning_rate_decay
        return {
            "loss_history": loss_history,
            "train_acc_history": train_acc_history,
            "val_acc_history": val_acc_history,
        }

    def predict(self, X):
        a1 = np.maximum(X.dot(self.params["W1"]) + self.params["b1"], 0)
        scores = a1.dot(self.params["W2"]) + self.params["b2"]
        y_pred = np.argmax(scores, axis=1)
        return y_pred


def tune(make_net, settings, X, y, X_val, y_val):
    results = {}
    best_val = -1
    best_net = None
    for i in range(len(settings)):
        net = make_net()
        net.train(
            X=X,
            y=y,
            X_val=X_val,
            y_val=y_val,
            **settings[i],  # noqa: B026
        )
        results[i] = np.sum(net.predict(X_val) == y_val) / y_val.size
        if results[i] > best_val:
            best_val = results[i]
            best_net = net
    return best_net, [results[i] for i in range(len(settings))]

"""The two-layer net with the bias trick and separate helpers; training and tuning written out plainly."""

import numpy as np


def with_ones(A):
    return np.concatenate([A, np.ones((A.shape[0], 1))], axis=1)


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = dict(
            W1=np.random.standard_normal((input_size, hidden_size)) * std,
            W2=np.random.standard_normal((hidden_size, output_size)) * std,
            b1=np.zeros_like(np.arange(hidden_size), dtype=float),
            b2=np.zeros_like(np.arange(output_size), dtype=float),
        )

    def loss(self, X, y=None, reg=0.0):
        V1 = np.vstack([self.params["W1"], self.params["b1"]])
        V2 = np.vstack([self.params["W2"], self.params["b2"]])
        A0 = with_ones(X)
        A1 = with_ones(np.clip(A0 @ V1, 0, np.inf))
        S = A1 @ V2
        if y is None:
            return S
        N = X.shape[0]
        S = S - S.max(1)[:, None]
        E = np.exp(S)
        P = E / E.sum(1)[:, None]
        data = (np.log(E.sum(1)) - np.take_along_axis(S, y[:, None], 1)[:, 0]).mean()
        P[np.arange(N), y] -= 1.0
        dV2 = A1.T @ P / N
        dA1 = (P @ V2.T)[:, :-1] * np.sign(A1[:, :-1])
        dV1 = A0.T @ dA1 / N
        for dV, V in ((dV1, V1), (dV2, V2)):
            dV[:-1] += 2 * reg * V[:-1]
        loss = data + reg * (np.linalg.norm(V1[:-1]) ** 2 + np.linalg.norm(V2[:-1]) ** 2)
        return loss, {"W1": dV1[:-1], "b1": dV1[-1], "W2": dV2[:-1], "b2": dV2[-1]}

    def predict(self, X):
        scores = self.loss(X)
        best = np.zeros(len(X), dtype=int)
        for i in range(len(X)):
            for c in range(scores.shape[1]):
                if scores[i, c] > scores[i, best[i]]:
                    best[i] = c
        return best

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
        rng = np.random.default_rng(0)
        losses, on_train, on_val = [], [], []
        left = 0
        for _ in range(num_iters):
            ids = rng.integers(0, len(X), batch_size)
            loss, grads = self.loss(X[ids], y[ids], reg=reg)
            losses += [loss]
            for key in sorted(self.params):
                self.params[key] += -learning_rate * grads[key]
            if left == 0:
                on_train += [sum(self.predict(X) == y) / len(y)]
                on_val += [sum(self.predict(X_val) == y_val) / len(y_val)]
                learning_rate = learning_rate * learning_rate_decay
                left = max(len(X) // batch_size, 1)
            left -= 1
        return {
            "loss_history": np.array(losses),
            "train_acc_history": np.array(on_train),
            "val_acc_history": np.array(on_val),
        }


def tune(make_net, settings, X, y, X_val, y_val):
    tried = []
    for number, setting in enumerate(settings):
        net = make_net()
        net.train(X, y, X_val, y_val, **setting)
        wrong = np.mean(net.predict(X_val) != y_val)
        tried.append((wrong, number, net))
    return min(tried, key=lambda t: t[:2])[2], [1 - wrong for wrong, _, _ in tried]

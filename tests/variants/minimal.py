"""The shortest forms: a few expressions each, methods made of lambdas, arrays indexed and padded in one go."""

import numpy as np


class KNearestNeighbor:
    def train(self, X, y):
        self.A, self.labels = X, y

    def compute_distances_two_loops(self, X):
        return np.array([[np.linalg.norm(a - b) for b in self.A] for a in X])

    def compute_distances_one_loop(self, X):
        return np.stack([np.hypot.reduce(self.A - a, axis=1) for a in X])

    def compute_distances_no_loops(self, X):
        Z = np.vstack([X, self.A])
        G = Z @ Z.T
        return np.nan_to_num((np.diag(G)[:, None] + np.diag(G) - 2 * G) ** 0.5)[: len(X), len(X) :]

    def predict_labels(self, dists, k=1):
        votes = np.zeros((len(dists), np.max(self.labels) + 1), int)
        np.add.at(votes, (np.arange(len(dists))[:, None], self.labels[dists.argsort()[:, :k]]), 1)
        return votes.argmax(1)


def cross_validate(classifier, X, y, k_choices, num_folds=5):
    def accuracy(held_out, k):
        classifier.train(np.delete(X, held_out, 0), np.delete(y, held_out))
        return np.mean(classifier.predict(X[held_out], k=k) == y[held_out])

    folds = np.array_split(np.arange(len(y)), num_folds)
    return {k: [accuracy(held_out, k) for held_out in folds] for k in k_choices}


def subtract_mean(X_train, X_test):
    return tuple(X - X_train.mean(0) for X in (X_train, X_test))


def normalize(X_train, X_test, eps=1e-8):
    return [(X - X_train.mean(0)) / (X_train.var(0) ** 0.5 + eps) for X in (X_train, X_test)]


def pca(X_train, X_test, num_components):
    U = np.linalg.eigh(np.cov(X_train.T, bias=True))[1][:, : -num_components - 1 : -1]
    return (X_train - X_train.mean(0)) @ U, (X_test - X_train.mean(0)) @ U


def whiten(X_train, X_test, num_components, eps=1e-5):
    A, B = pca(X_train, X_test, num_components)
    return A / (A.var(0) + eps) ** 0.5, B / (A.var(0) + eps) ** 0.5


def add_bias(X):
    return np.pad(X, ((0, 0), (0, 1)), constant_values=1)


def svm_loss_vectorized(W, X, y, reg):
    S, Y = X @ W, np.eye(W.shape[1])[y]
    M = np.maximum(S - (S * Y).sum(1, keepdims=True) + 1 - Y, 0)
    P = np.sign(M)
    return M.sum() / len(y) + reg * (W**2).sum(), X.T @ (P - Y * P.sum(1, keepdims=True)) / len(y) + 2 * reg * W


svm_loss_naive = lambda *args: svm_loss_vectorized(*args)  # noqa: E731


def squared_hinge_loss_vectorized(W, X, y, reg):
    S, Y = X @ W, np.eye(W.shape[1])[y]
    M = np.maximum(S - S[Y > 0][:, None] + 1 - Y, 0)
    return (M * M).sum() / len(y) + reg * (W**2).sum(), X.T @ (M - Y * M.sum(1)[:, None]) * 2 / len(y) + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    S, i = X @ W, np.arange(len(y))
    L = S - np.logaddexp.reduce(S, 1, keepdims=True)
    return reg * (W**2).sum() - L[i, y].mean(), X.T @ (np.exp(L) - np.eye(W.shape[1])[y]) / len(y) + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    each = [softmax_loss_vectorized(W, X[i : i + 1], y[i : i + 1], reg) for i in range(len(y))]
    return np.mean([loss for loss, _ in each]), np.mean([dW for _, dW in each], axis=0)


class LinearClassifier:
    W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        self.W = np.random.randn(X.shape[1], max(y) + 1) / 1000 if self.W is None else self.W
        return [
            self.step(X, y, learning_rate, reg, np.random.permutation(len(X))[:batch_size]) for _ in range(num_iters)
        ]

    def step(self, X, y, rate, reg, batch):
        loss, dW = self.loss(X[batch], y[batch], reg)
        self.W = self.W - rate * dW
        return loss

    predict = lambda self, X: (X @ self.W).argmax(-1)  # noqa: E731


def regularization(W, kind, strength, l1_ratio=0.5):
    r = {"l1": 1, "l2": 0, "elastic": l1_ratio}.get(kind)
    if r is None:
        raise ValueError(kind)
    return strength * (r * abs(W) + (1 - r) * W**2).sum(), strength * (r * np.sign(W) + 2 * (1 - r) * W)


def max_norm(W, c):
    return W * np.minimum(1, c / (np.linalg.norm(W, axis=0) + 1e-12))


def kl_divergence(p, q):
    return np.where(p > 0, p * np.log(p / q), 0).sum()


def cross_entropy(p, q):
    return np.sum(-p * np.log(q), where=p > 0)

"""Linear algebra in other shapes: transposed data, augmented matrices, flat indices, scatter-adds, masks, pairs."""

import numpy as np


class KNearestNeighbor:
    def train(self, X, y):
        self.X_train, self.y_train = X, y

    def compute_distances_two_loops(self, X):
        dists = np.full((X.shape[0], self.X_train.shape[0]), np.nan)
        for j in range(dists.shape[1]):
            for i in range(dists.shape[0]):
                a, b = X[i], self.X_train[j]
                dists[i, j] = max(a @ a - 2 * (a @ b) + b @ b, 0.0) ** 0.5
        return dists

    def compute_distances_one_loop(self, X):
        rows = [np.sqrt(((self.X_train.T - x[:, np.newaxis]) ** 2).sum(axis=0)) for x in X]
        return np.concatenate(rows).reshape(len(X), -1)

    def compute_distances_no_loops(self, X):
        # (|a|^2, 1, a) . (1, |b|^2, -2 b), both moved to the middle of the training images first.
        middle = self.X_train.mean(axis=0)
        A, B = X - middle, self.X_train - middle
        left = np.column_stack([(A**2).sum(axis=1), np.ones(len(A)), A])
        right = np.column_stack([np.ones(len(B)), (B**2).sum(axis=1), -2 * B])
        return np.sqrt(np.abs(left @ right.T))

    def predict_labels(self, dists, k=1):
        bound = np.sort(dists, axis=1)[:, k - 1 : k]
        classes = np.unique(self.y_train)
        member = self.y_train[:, None] == classes
        return classes[np.argmax((dists <= bound).astype(int) @ member, axis=1)]


def cross_validate(classifier, X, y, k_choices, num_folds=5):
    edges = np.cumsum([0] + [len(part) for part in np.array_split(y, num_folds)])
    found = {}
    for k in k_choices:
        shares = np.zeros(num_folds)
        for fold, (low, high) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
            fresh = type(classifier)()
            fresh.train(np.r_[X[:low], X[high:]], np.r_[y[:low], y[high:]])
            shares[fold] = np.count_nonzero(fresh.predict(X[low:high], k) == y[low:high]) / (high - low)
        found[k] = shares
    return found


def centring(N):
    return np.eye(N) - np.full((N, N), 1 / N)


def subtract_mean(X_train, X_test):
    N, M = len(X_train), len(X_test)
    return centring(N) @ X_train, X_test - np.full((M, N), 1 / N) @ X_train


def normalize(X_train, X_test, eps=1e-8):
    mean = np.average(X_train, axis=0)
    variance = np.maximum(np.average(X_train**2, axis=0) - mean**2, 0)
    D = np.diag(1 / (np.sqrt(variance) + eps))
    return (X_train - mean) @ D, (X_test - mean) @ D


def top_directions(C, count):
    """Directions and eigenvalues by squaring the matrix again and again, one after the other."""
    directions, values = [], []
    for _ in range(count):
        power = C / np.linalg.norm(C)
        for _ in range(50):
            power = power @ power
            power = power / np.linalg.norm(power)
        v = power[:, np.argmax(np.diag(power))]
        v = v / np.linalg.norm(v)
        directions.append(v)
        values.append(v @ C @ v)
        C = C - values[-1] * np.outer(v, v)
    return np.array(directions), np.array(values)


def pca(X_train, X_test, num_components):
    A, B = subtract_mean(X_train, X_test)
    directions, _ = top_directions(A.T @ A / len(A), num_components)
    return (directions @ A.T).T, (directions @ B.T).T


def whiten(X_train, X_test, num_components, eps=1e-5):
    # From the (N, N) matrix of inner products: its eigenvectors are the coordinates, up to their lengths.
    A, B = subtract_mean(X_train, X_test)
    values, vectors = np.linalg.eigh(A @ A.T / len(A))
    order = np.argsort(values)[::-1][:num_components]
    values, vectors = values[order], vectors[:, order]
    directions = A.T @ vectors / np.sqrt(len(A) * values)
    scale = np.diag((values + eps) ** -0.5)
    return A @ directions @ scale, B @ directions @ scale


def add_bias(X):
    return np.insert(X, X.shape[1], 1, axis=1)


def hinges(W, X, y):
    """Margins (C, N) in columns, 0 in the rows of the right classes."""
    S = W.T @ X.T
    right = S.T.ravel()[np.arange(len(y)) * W.shape[1] + y]
    M = S - right + 1
    M = (M + np.abs(M)) / 2
    M[y, np.arange(len(y))] = 0
    return M


def svm_loss_naive(W, X, y, reg):
    loss, dW = 0, np.zeros(W.shape)
    for c in range(W.shape[1]):
        for i in np.flatnonzero(y != c):
            margin = 1 + X[i] @ (W[:, c] - W[:, y[i]])
            loss += max(margin, 0)
            dW[:, [c, y[i]]] += np.outer(X[i], [1, -1]) * (margin > 0)
    return loss / len(y) + reg * np.linalg.norm(W) ** 2, dW / len(y) + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    M = hinges(W, X, y)
    over = M > 0
    dW = (over @ X).T
    np.subtract.at(dW.T, y, over.sum(axis=0)[:, None] * X)
    return np.mean(M.sum(axis=0)) + reg * np.trace(W.T @ W), dW / len(y) + 2 * reg * W


def squared_hinge_loss_vectorized(W, X, y, reg):
    M = hinges(W, X, y)
    dS = 2 * M / len(y)
    np.put_along_axis(dS, y[None, :], -dS.sum(axis=0, keepdims=True), axis=0)
    return np.vdot(M, M) / len(y) + reg * np.vdot(W, W), (dS @ X).T + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    # p_j = 1 / sum_k exp(s_k - s_j), with the difference capped where the exponential is as good as infinite.
    loss, dW = reg * np.sum(W**2), 2 * reg * W
    for x, label in zip(X, y, strict=True):
        s = x @ W
        p = 1 / np.exp(np.minimum(s[:, None] - s, 700)).sum(axis=0)
        loss += np.logaddexp.reduce(s - s[label]) / len(y)
        dW += np.outer(x, p - np.eye(len(s))[label]) / len(y)
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    S = W.T @ X.T
    right = np.take_along_axis(S, y[None], axis=0)
    S = S - right
    top = S.max(axis=0)
    E = np.exp(S - top)
    total = E.sum(axis=0)
    dW = (E / total) @ X
    np.add.at(dW, y, -X)
    return (top + np.log(total)).sum() / y.size + reg * np.sum(np.square(W)), dW.T / y.size + 2 * reg * W


class LinearClassifier:
    def __init__(self, W=None):
        self.W = W

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        rng = np.random.default_rng()
        if self.W is None:
            self.W = rng.standard_normal((X.shape[1], int(y.max()) + 1)) * 1e-3
        both = np.column_stack([X, y])
        history = np.empty(0)
        for _ in range(num_iters):
            batch = rng.choice(both, batch_size, replace=False)
            loss, dW = self.loss(batch[:, :-1], batch[:, -1].astype(int), reg)
            history = np.append(history, loss)
            self.W -= learning_rate * dW
        return history

    def predict(self, X):
        scores = self.W.T @ X.T
        return np.argsort(-scores, axis=0, kind="stable")[0]


def regularization(W, kind, strength, l1_ratio=0.5):
    def l1():
        return np.linalg.norm(W.ravel(), 1), np.divide(W, np.abs(W), out=np.zeros_like(W), where=W != 0)

    def l2():
        return np.linalg.norm(W) ** 2, W + W

    match kind:
        case "l1":
            parts = [(strength, l1())]
        case "l2":
            parts = [(strength, l2())]
        case "elastic":
            parts = [(strength * l1_ratio, l1()), (strength * (1 - l1_ratio), l2())]
        case _:
            raise ValueError(kind)
    return sum(s * penalty for s, (penalty, _) in parts), sum(s * dW for s, (_, dW) in parts)


def max_norm(W, c):
    lengths = np.linalg.norm(W, axis=0)
    long = lengths > c
    out = np.array(W)
    out[:, long] = c * W[:, long] @ np.diag(1 / lengths[long])
    return out


def kl_divergence(p, q):
    if np.any((q == 0) & (p > 0)):
        return float("inf")
    safe_p, safe_q = np.where(p > 0, p, 1), np.where(q > 0, q, 1)
    return float(p @ (np.log(safe_p) - np.log(safe_q)))


def cross_entropy(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.nansum(p * np.log(q))

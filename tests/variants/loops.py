"""Solutions in plain Python wherever loops are allowed: lists, math, sums of products, nothing broadcast."""

import math
import random
from collections import Counter

import numpy as np


def dot(a, b):
    return sum(x * z for x, z in zip(a, b, strict=True))


def columns(A):
    return [list(column) for column in zip(*A, strict=True)]


class KNearestNeighbor:
    def train(self, X, y):
        self.X_train = X
        self.y_train = y

    def compute_distances_two_loops(self, X):
        dists = []
        for a in X.tolist():
            row = []
            for b in self.X_train.tolist():
                row.append(math.dist(a, b))
            dists.append(row)
        return dists

    def compute_distances_one_loop(self, X):
        # The loop may as well run over the training images, or over the features.
        dists = np.zeros((len(X), len(self.X_train)))
        for d in range(X.shape[1]):
            dists += (X[:, d].reshape(-1, 1) - self.X_train[:, d]) ** 2
        return dists**0.5

    def predict_labels(self, dists, k=1):
        labels = []
        for row in dists:
            ranked = sorted(zip(row, self.y_train, strict=True))
            votes = Counter(label for _, label in ranked[:k])
            most = max(votes.values())
            labels.append(min(label for label in votes if votes[label] == most))
        return labels


def cross_validate(classifier, X, y, k_choices, num_folds=5):
    N = len(X)
    size, longer = divmod(N, num_folds)
    accuracies = {}
    start = 0
    for fold in range(num_folds):
        stop = start + size + (fold < longer)
        inside = list(range(start, stop))
        outside = [i for i in range(N) if i < start or i >= stop]
        classifier.train(X[outside], y[outside])
        for k in k_choices:
            predicted = classifier.predict(X[inside], k=k)
            right = sum(1 for guess, label in zip(predicted, y[inside], strict=True) if guess == label)
            accuracies.setdefault(k, []).append(right / len(inside))
        start = stop
    return accuracies


def subtract_mean(X_train, X_test):
    means = [sum(column) / len(column) for column in columns(X_train)]
    return [[[x - m for x, m in zip(row, means, strict=True)] for row in X] for X in (X_train, X_test)]


def normalize(X_train, X_test, eps=1e-8):
    train, test = subtract_mean(X_train, X_test)
    scales = [math.sqrt(dot(column, column) / len(column)) + eps for column in columns(train)]
    return tuple(np.array([[x / s for x, s in zip(row, scales, strict=True)] for row in X]) for X in (train, test))


def eigenpairs(A):
    """Eigenvalues, largest first, and eigenvectors of a symmetric matrix by Jacobi's rotations."""
    A = np.array(A)
    V = np.eye(len(A))
    for _ in range(30):
        for i in range(len(A)):
            for j in range(i + 1, len(A)):
                angle = 0.5 * math.atan2(2 * A[i, j], A[i, i] - A[j, j])
                turn = np.eye(len(A))
                turn[i, i] = turn[j, j] = math.cos(angle)
                turn[j, i] = math.sin(angle)
                turn[i, j] = -math.sin(angle)
                A = turn.T @ A @ turn
                V = V @ turn
    return sorted(zip(A.diagonal().tolist(), V.T.tolist(), strict=True), reverse=True)


def covariance(centred):
    return [[dot(a, b) / len(a) for b in columns(centred)] for a in columns(centred)]


def pca(X_train, X_test, num_components):
    train, test = subtract_mean(X_train, X_test)
    pairs = eigenpairs(covariance(train))[:num_components]
    return [[[dot(row, vector) for _, vector in pairs] for row in X] for X in (train, test)]


def whiten(X_train, X_test, num_components, eps=1e-5):
    train, test = subtract_mean(X_train, X_test)
    pairs = eigenpairs(covariance(train))[:num_components]
    return [[[dot(row, v) / math.sqrt(value + eps) for value, v in pairs] for row in X] for X in (train, test)]


def add_bias(X):
    return np.array([[*row, 1.0] for row in X])


def svm_loss_naive(W, X, y, reg):
    D, C, N = len(W), len(W[0]), len(X)
    dW = [[2 * reg * W[d][c] for c in range(C)] for d in range(D)]
    loss = reg * sum(w * w for row in W for w in row)
    for x, label in zip(X, y, strict=True):
        scores = [dot(x, column) for column in columns(W)]
        for c in range(C):
            margin = scores[c] - scores[label] + 1
            if c == label or margin <= 0:
                continue
            loss += margin / N
            for d in range(D):
                dW[d][c] += x[d] / N
                dW[d][label] -= x[d] / N
    return float(loss), np.array(dW)


def softmax_loss_naive(W, X, y, reg):
    D, C, N = len(W), len(W[0]), len(X)
    loss, dW = 0.0, np.zeros((D, C))
    for d in range(D):
        for c in range(C):
            loss += reg * W[d, c] ** 2
            dW[d, c] = 2 * reg * W[d, c]
    for i in range(N):
        scores = [dot(X[i], W[:, c]) for c in range(C)]
        top = max(scores)
        log_total = top + math.log(math.fsum(math.exp(s - top) for s in scores))
        loss += (log_total - scores[y[i]]) / N
        for c in range(C):
            pull = math.exp(scores[c] - log_total) - (1 if c == y[i] else 0)
            for d in range(D):
                dW[d, c] += pull * X[i, d] / N
    return loss, dW


class LinearClassifier:
    def __init__(self):
        self.W = None

    def start(self, dim, num_classes):
        if self.W is None:
            self.W = np.array([[random.gauss(0, 0.001) for _ in range(num_classes)] for _ in range(dim)])

    def batches(self, num_train, batch_size):
        """Go through all images in random order, and again in another one."""
        waiting = []
        while True:
            if len(waiting) < batch_size:
                waiting = random.sample(range(num_train), num_train)
            yield [waiting.pop() for _ in range(batch_size)]

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        self.start(X.shape[1], max(y) + 1)
        history = []
        source = self.batches(len(X), batch_size)
        while len(history) < num_iters:
            batch = next(source)
            loss, dW = self.loss(X[batch], y[batch], reg)
            for d in range(self.W.shape[0]):
                for c in range(self.W.shape[1]):
                    self.W[d, c] -= learning_rate * dW[d, c]
            history.append(float(loss))
        return tuple(history)

    def predict(self, X):
        labels = []
        for x in X:
            scores = [dot(x, column) for column in columns(self.W)]
            labels.append(scores.index(max(scores)))
        return labels


def regularization(W, kind, strength, l1_ratio=0.5):
    if kind == "l1":
        l1, l2 = strength, 0.0
    elif kind == "l2":
        l1, l2 = 0.0, strength
    elif kind == "elastic":
        l1, l2 = strength * l1_ratio, strength * (1 - l1_ratio)
    else:
        raise ValueError(f"no such kind: {kind}")
    penalty, dW = 0.0, np.zeros_like(W)
    for place, w in np.ndenumerate(W):
        penalty += l1 * abs(w) + l2 * w * w
        dW[place] = 2 * l2 * w
        if w > 0:
            dW[place] += l1
        elif w < 0:
            dW[place] -= l1
    return penalty, dW


def max_norm(W, c):
    shortened = []
    for column in columns(W):
        length = math.hypot(*column)
        shortened.append([w * c / length for w in column] if length > c else column)
    return columns(shortened)


def kl_divergence(p, q):
    if any(b == 0 < a for a, b in zip(p, q, strict=True)):
        return math.inf
    return math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a)


def cross_entropy(p, q):
    terms = [a * (-math.log(b) if b else math.inf) for a, b in zip(p, q, strict=True) if a]
    return sum(terms)

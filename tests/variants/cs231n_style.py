"""Long-hand solutions in the manner of a course exercise: named shapes, buffers filled step by step, one class each."""

import numpy as np


class KNearestNeighbor:
    def __init__(self):
        pass

    def train(self, X, y):
        self.X_train = X
        self.y_train = y

    def predict(self, X, k=1, num_loops=0):
        if num_loops == 0:
            dists = self.compute_distances_no_loops(X)
        elif num_loops == 1:
            dists = self.compute_distances_one_loop(X)
        elif num_loops == 2:
            dists = self.compute_distances_two_loops(X)
        else:
            raise ValueError(f"Invalid value {num_loops} for num_loops")
        return self.predict_labels(dists, k=k)

    def compute_distances_two_loops(self, X):
        num_test = X.shape[0]
        num_train = self.X_train.shape[0]
        dists = np.zeros((num_test, num_train))
        for i in range(num_test):
            for j in range(num_train):
                difference = X[i, :] - self.X_train[j, :]
                dists[i, j] = np.sqrt(difference.dot(difference))
        return dists

    def compute_distances_one_loop(self, X):
        num_test = X.shape[0]
        num_train = self.X_train.shape[0]
        dists = np.zeros((num_test, num_train))
        for i in range(num_test):
            dists[i, :] = np.linalg.norm(self.X_train - X[i, :], axis=1)
        return dists

    def compute_distances_no_loops(self, X):
        num_test = X.shape[0]
        num_train = self.X_train.shape[0]
        dists = np.zeros((num_test, num_train))
        dists += np.square(X).sum(axis=1).reshape(num_test, 1)
        dists += np.square(self.X_train).sum(axis=1).reshape(1, num_train)
        dists -= 2 * X.dot(self.X_train.T)
        dists[dists < 0] = 0
        return np.sqrt(dists)

    def predict_labels(self, dists, k=1):
        num_test = dists.shape[0]
        y_pred = np.zeros(num_test)
        for i in range(num_test):
            order = np.argsort(dists[i])
            closest_y = self.y_train[order[:k]]
            labels, counts = np.unique(closest_y, return_counts=True)
            y_pred[i] = labels[np.argmax(counts)]
        return y_pred


def cross_validate(classifier, X, y, k_choices, num_folds=5):
    X_train_folds = np.array_split(X, num_folds)
    y_train_folds = np.array_split(y, num_folds)
    k_to_accuracies = {}
    for k in k_choices:
        k_to_accuracies[k] = []
        for fold in range(num_folds):
            X_tr = np.vstack([X_train_folds[j] for j in range(num_folds) if j != fold])
            y_tr = np.hstack([y_train_folds[j] for j in range(num_folds) if j != fold])
            classifier.train(X_tr, y_tr)
            y_pred = classifier.predict(X_train_folds[fold], k=k)
            num_correct = np.sum(y_pred == y_train_folds[fold])
            k_to_accuracies[k].append(float(num_correct) / len(y_train_folds[fold]))
    return k_to_accuracies


def subtract_mean(X_train, X_test):
    X_train, X_test = X_train.copy(), X_test.copy()
    mean_image = np.mean(X_train, axis=0)
    X_train -= mean_image
    X_test -= mean_image
    return X_train, X_test


def normalize(X_train, X_test, eps=1e-8):
    mean = X_train.mean(axis=0, keepdims=True)
    centred = X_train - mean
    std = np.sqrt((centred**2).mean(axis=0, keepdims=True))
    return centred / (std + eps), (X_test - mean) / (std + eps)


def pca(X_train, X_test, num_components):
    mean = np.mean(X_train, axis=0)
    X = X_train - mean
    cov = np.dot(X.T, X) / X.shape[0]
    U, S, V = np.linalg.svd(cov)
    Xrot = np.dot(X, U)
    Xrot_test = np.dot(X_test - mean, U)
    return Xrot[:, :num_components], Xrot_test[:, :num_components]


def whiten(X_train, X_test, num_components, eps=1e-5):
    mean = np.mean(X_train, axis=0)
    X = X_train - mean
    cov = np.dot(X.T, X) / X.shape[0]
    U, S, V = np.linalg.svd(cov)
    Xwhite = np.dot(X, U[:, :num_components]) / np.sqrt(S[:num_components] + eps)
    Xwhite_test = np.dot(X_test - mean, U[:, :num_components]) / np.sqrt(S[:num_components] + eps)
    return Xwhite, Xwhite_test


def add_bias(X):
    N, D = X.shape
    out = np.zeros((N, D + 1))
    out[:, :D] = X
    out[:, D] = 1
    return out


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        num_over = 0
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                num_over += 1
                loss += margin
                dW[:, j] += X[i, :]
        dW[:, y[i]] -= num_over * X[i, :]
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_train = X.shape[0]
    scores = X.dot(W)
    correct_class_scores = scores[range(num_train), list(y)].reshape(-1, 1)
    margins = np.maximum(0, scores - correct_class_scores + 1)
    margins[range(num_train), list(y)] = 0
    loss = np.sum(margins) / num_train + reg * np.sum(W * W)

    coeff = np.zeros(margins.shape)
    coeff[margins > 0] = 1
    coeff[range(num_train), list(y)] = -np.sum(coeff, axis=1)
    dW = (X.T).dot(coeff)
    dW = dW / num_train + reg * 2 * W
    return loss, dW


def squared_hinge_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(num_train), y].reshape(num_train, 1)
    margins = np.maximum(0, scores - correct + 1)
    margins[np.arange(num_train), y] = 0
    loss = np.sum(np.square(margins))
    loss /= num_train
    loss += reg * np.sum(W * W)

    margins[np.arange(num_train), y] -= margins.sum(axis=1)
    dW = 2 * X.T.dot(margins)
    dW /= num_train
    dW += 2 * reg * W
    return loss, dW


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]
    for i in range(num_train):
        f = X[i].dot(W)
        f -= f.max()
        sum_exp = 0.0
        for j in range(num_classes):
            sum_exp += np.exp(f[j])
        loss += -f[y[i]] + np.log(sum_exp)
        for j in range(num_classes):
            p = np.exp(f[j]) / sum_exp
            if j == y[i]:
                dW[:, j] += (p - 1) * X[i]
            else:
                dW[:, j] += p * X[i]
    loss /= num_train
    loss += reg * np.sum(W * W)
    dW /= num_train
    dW += 2 * reg * W
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    f = X.dot(W)
    f -= f.max(axis=1).reshape(-1, 1)
    sum_exp = np.exp(f).sum(axis=1)
    loss = np.log(sum_exp).sum() - f[range(num_train), y].sum()
    weights = np.exp(f) / sum_exp[:, np.newaxis]
    weights[range(num_train), y] -= 1
    dW = X.T.dot(weights)
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


class LinearClassifier:
    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        num_train, dim = X.shape
        num_classes = np.max(y) + 1
        if self.W is None:
            self.W = 0.001 * np.random.randn(dim, num_classes)
        loss_history = []
        for it in range(num_iters):
            indices = np.random.choice(np.arange(num_train), size=batch_size, replace=True)
            X_batch = X[indices, :]
            y_batch = y[indices]
            loss, grad = self.loss(X_batch, y_batch, reg)
            loss_history.append(loss)
            self.W += -learning_rate * grad
            if verbose and it % 100 == 0:
                print(f"iteration {it} / {num_iters}: loss {loss:f}")
        return loss_history

    def predict(self, X):
        y_pred = np.zeros(X.shape[0])
        scores = X.dot(self.W)
        y_pred = np.argmax(scores, axis=1)
        return y_pred

    def loss(self, X_batch, y_batch, reg):
        pass


def regularization(W, kind, strength, l1_ratio=0.5):
    if kind == "l2":
        penalty = strength * np.sum(W * W)
        dW = 2 * strength * W
    elif kind == "l1":
        penalty = strength * np.sum(np.abs(W))
        dW = strength * np.sign(W)
    elif kind == "elastic":
        penalty = strength * l1_ratio * np.sum(np.abs(W)) + strength * (1 - l1_ratio) * np.sum(W * W)
        dW = strength * l1_ratio * np.sign(W) + strength * (1 - l1_ratio) * 2 * W
    else:
        raise ValueError("unknown kind of regularization: " + kind)
    return penalty, dW


def max_norm(W, c):
    W_new = W.copy()
    for j in range(W.shape[1]):
        norm = np.linalg.norm(W[:, j])
        if norm > c:
            W_new[:, j] = W[:, j] / norm * c
    return W_new


def kl_divergence(p, q):
    total = 0.0
    for k in range(p.shape[0]):
        if p[k] == 0:
            continue
        if q[k] == 0:
            return np.inf
        total += p[k] * np.log(p[k] / q[k])
    return total


def cross_entropy(p, q):
    total = 0.0
    for k in range(p.shape[0]):
        if p[k] > 0 and q[k] > 0:
            total -= p[k] * np.log(q[k])
        elif p[k] > 0:
            total = np.inf
    return total

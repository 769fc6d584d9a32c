"""Classify an image by the labels of the training images nearest to it.

`KNearestNeighbor` remembers the training set, measures distances three ways (two loops, one loop, no loop)
and lets the k nearest vote; `cross_validate` finds out which k to use.
"""

import numpy as np

__all__ = ["KNearestNeighbor", "cross_validate"]


class KNearestNeighbor:
    """A k-nearest-neighbour classifier with the L2 distance."""

    def train(self, X, y):
        """Remember the training images X (num_train, D) and their labels y (num_train,)."""
        self.X_train = X
        self.y_train = y

    def predict(self, X, k=1, num_loops=0):
        """Return the predicted labels (num_test,) of the images X (num_test, D)."""
        distances = {
            0: self.compute_distances_no_loops,
            1: self.compute_distances_one_loop,
            2: self.compute_distances_two_loops,
        }
        return self.predict_labels(distances[num_loops](X), k=k)

    def compute_distances_two_loops(self, X):
        """Return the L2 distance between every test image and every training image.

        X: (num_test, D). Returns dists (num_test, num_train), where
        dists[i, j] = sqrt(sum over d of (X[i, d] - X_train[j, d])^2).
        Uses one loop over the test images and one over the training images.
        """
        num_test, num_train = X.shape[0], self.X_train.shape[0]
        dists = np.zeros((num_test, num_train))
        for i in range(num_test):
            for j in range(num_train):
                dists[i, j] = np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))
        return dists

    def compute_distances_one_loop(self, X):
        """Return the same distances (num_test, num_train) with a single loop, over the test images.

        X: (num_test, D). Row i of the result is computed from X[i] and all of X_train at once.
        """
        dists = np.zeros((X.shape[0], self.X_train.shape[0]))
        for i in range(X.shape[0]):
            dists[i] = np.sqrt(np.sum((self.X_train - X[i]) ** 2, axis=1))
        return dists

    def compute_distances_no_loops(self, X):
        """Return the same distances (num_test, num_train) without any loop.

        X: (num_test, D). No array of shape (num_test, num_train, D) is built: the square is multiplied out,
        |a - b|^2 = |a|^2 - 2 a.b + |b|^2. Rounding can leave a tiny negative number where the distance
        is zero; the result is never NaN.
        """
        cross = X @ self.X_train.T
        test_squares = np.sum(X**2, axis=1, keepdims=True)
        train_squares = np.sum(self.X_train**2, axis=1)
        squares = test_squares - 2 * cross + train_squares
        return np.sqrt(np.maximum(squares, 0))

    def predict_labels(self, dists, k=1):
        """Return the label that wins the vote of the k nearest training images, for every test image.

        dists: (num_test, num_train). Returns labels (num_test,).
        Where several labels have the same number of votes, the smallest label wins.
        """
        labels = np.zeros(dists.shape[0], dtype=self.y_train.dtype)
        for i in range(dists.shape[0]):
            nearest = np.argsort(dists[i], kind="stable")[:k]
            labels[i] = np.argmax(np.bincount(self.y_train[nearest]))
        return labels


def cross_validate(classifier, X, y, k_choices, num_folds=5):
    """Return the accuracies of every k on every fold: a dict from k to a list of num_folds numbers.

    classifier: an object with train(X, y) and predict(X, k=k). X: (N, D), y: (N,).
    The folds are the consecutive parts of np.array_split(X, num_folds). Each fold is held out once: the
    classifier is trained on the other folds and its accuracy, between 0 and 1, measured on the one held out.
    """
    X_folds = np.array_split(X, num_folds)
    y_folds = np.array_split(y, num_folds)
    accuracies = {k: [] for k in k_choices}
    for fold in range(num_folds):
        X_rest = np.concatenate(X_folds[:fold] + X_folds[fold + 1 :])
        y_rest = np.concatenate(y_folds[:fold] + y_folds[fold + 1 :])
        classifier.train(X_rest, y_rest)
        for k in k_choices:
            predicted = classifier.predict(X_folds[fold], k=k)
            accuracies[k].append(np.mean(predicted == y_folds[fold]))
    return accuracies

"""Prepare images for a linear classifier, with statistics of the training split alone.

`subtract_mean`, `normalize`, `pca`, `whiten` take a training and a test split and return both; `add_bias`
appends the column of ones that turns X W + b into a single product.
"""

import numpy as np

__all__ = ["add_bias", "normalize", "pca", "subtract_mean", "whiten"]


def subtract_mean(X_train, X_test):
    """Return both splits minus the mean training image.

    X_train: (N, D), X_test: (M, D). Returns arrays of the same shapes. The mean of each of the D features
    is taken over the N training images only.
    """
    mean = np.mean(X_train, axis=0)
    return X_train - mean, X_test - mean


def normalize(X_train, X_test, eps=1e-8):
    """Return both splits with every feature shifted to mean 0 and scaled to standard deviation 1.

    X_train: (N, D), X_test: (M, D). Mean and standard deviation (the biased one, divided by N) are those of
    the training images. eps is added to the standard deviation: a pixel that never changes stays 0.
    """
    mean = np.mean(X_train, axis=0)
    scale = np.std(X_train, axis=0) + eps
    return (X_train - mean) / scale, (X_test - mean) / scale


def pca(X_train, X_test, num_components):
    """Return both splits as coordinates along the directions in which the training images vary most.

    X_train: (N, D), X_test: (M, D). Returns Z_train (N, num_components), Z_test (M, num_components).
    The directions are the eigenvectors of the covariance of the centred training images, (Xc^T Xc) / N,
    the one with the largest eigenvalue first. The sign of each direction is free.
    """
    mean = np.mean(X_train, axis=0)
    centred = X_train - mean
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    basis = directions[:num_components].T
    return centred @ basis, (X_test - mean) @ basis


def whiten(X_train, X_test, num_components, eps=1e-5):
    """Return the PCA coordinates of both splits, scaled so that each has variance 1 on the training images.

    Shapes and directions as in `pca`. Coordinate k is divided by sqrt(lambda_k + eps), where lambda_k is the
    k-th eigenvalue of the training covariance (divided by N, not N - 1).
    """
    mean = np.mean(X_train, axis=0)
    centred = X_train - mean
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    variance = singular[:num_components] ** 2 / X_train.shape[0]
    basis = directions[:num_components].T / np.sqrt(variance + eps)
    return centred @ basis, (X_test - mean) @ basis


def add_bias(X):
    """Return X (N, D) with a column of ones appended: (N, D + 1).

    The last row of a weight matrix (D + 1, C) then plays the part of the bias.
    """
    return np.hstack([X, np.ones((X.shape[0], 1))])

"""A file as students of CS231n hand it in: softmax.py. Its two losses beside an import of the class around them."""

from builtins import range
from random import shuffle

import numpy as np
from past.builtins import xrange

from cs231n.classifiers.linear_classifier import LinearClassifier


def softmax_loss_naive(W, X, y, reg):
    # Initialize the loss and gradient to zero.
    loss = 0.0
    dW = np.zeros_like(W)

    # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****

    num_train = X.shape[0]
    for i in range(num_train):
        f = X[i].dot(W)
        f = f - np.max(f)
        log_total = np.log(np.sum(np.exp(f)))
        loss += log_total - f[y[i]]
        for j in range(W.shape[1]):
            p = np.exp(f[j] - log_total)
            dW[:, j] += (p - (j == y[i])) * X[i]
    loss = loss / num_train + reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W

    # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****

    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    # Initialize the loss and gradient to zero.
    loss = 0.0
    dW = np.zeros_like(W)

    # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****

    num_train = X.shape[0]
    f = X.dot(W)
    f = f - f.max(axis=1, keepdims=True)
    logs = f - np.log(np.exp(f).sum(axis=1, keepdims=True))
    loss = -logs[np.arange(num_train), y].sum() / num_train + reg * np.sum(W * W)
    p = np.exp(logs)
    p[np.arange(num_train), y] -= 1
    dW = X.T.dot(p) / num_train + 2 * reg * W

    # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****

    return loss, dW


class Softmax(LinearClassifier):
    """ A subclass that uses the Softmax + Cross-entropy loss function """

    def loss(self, X_batch, y_batch, reg):
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)

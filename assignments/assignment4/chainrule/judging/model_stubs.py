"""A stub for a trained net, small enough to be made of plain arrays, so that pictures of nets can be judged."""

import numpy as np

__all__ = ["PixelModel"]


class PixelModel:
    """Scores tanh(x W1 + b1) W2 + b2 of the pixels x of an image, all in a row; smooth, and in the dtype of X."""

    def __init__(self, W1, b1, W2, b2):
        self.weights = W1, b1, W2, b2

    def forward(self, X):
        W1, b1, W2, b2 = (w.astype(X.dtype) for w in self.weights)
        hidden = np.tanh(X.reshape(len(X), -1) @ W1 + b1)
        return hidden @ W2 + b2, (X.shape, hidden)

    def backward(self, dscores, cache):
        shape, hidden = cache
        W1, _, W2, _ = (w.astype(hidden.dtype) for w in self.weights)
        return ((np.asarray(dscores, hidden.dtype) @ W2.T * (1 - hidden**2)) @ W1.T).reshape(shape)

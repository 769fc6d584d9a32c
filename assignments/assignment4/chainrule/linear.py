"""Linear classifiers: scores X W, a loss that says how bad they are, and gradient descent on it.

`svm_loss_naive`, `svm_loss_vectorized`, `squared_hinge_loss_vectorized`, `softmax_loss_naive` and
`softmax_loss_vectorized` return a loss and its gradient; `LinearClassifier` (with `LinearSVM` and `Softmax`)
trains; `regularization` and `max_norm` keep weights small; `kl_divergence` and `cross_entropy` compare
distributions.

Shapes throughout: W (D, C), X (N, D), y (N,) class indices in 0..C-1. The penalty is reg * sum(W * W), without
the factor 1/2.
"""

import numpy as np

__all__ = [
    "LinearClassifier",
    "LinearSVM",
    "Softmax",
    "cross_entropy",
    "kl_divergence",
    "max_norm",
    "regularization",
    "softmax_loss_naive",
    "softmax_loss_vectorized",
    "squared_hinge_loss_vectorized",
    "svm_loss_naive",
    "svm_loss_vectorized",
]


def svm_loss_naive(W, X, y, reg):
    """Multiclass hinge loss with margin 1, by loops (Weston and Watkins, 1999).

    W: (D, C) weights, X: (N, D) images, y: (N,) labels, reg: strength of the penalty.
    Loss = 1/N sum_i sum_{j != y_i} max(0, s_ij - s_{i, y_i} + 1) + reg * sum(W * W), with scores s = X W.
    Returns (loss, dW), dW of W's shape.
    """
    dW = np.zeros_like(W)
    loss = 0.0
    num_train, num_classes = X.shape[0], W.shape[1]
    for i in range(num_train):
        scores = X[i] @ W
        for j in range(num_classes):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss = loss / num_train + reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    """Multiclass hinge loss with margin 1, without loops.

    Inputs, formula and outputs as in `svm_loss_naive`. All N images are treated at once.
    """
    num_train = X.shape[0]
    rows = np.arange(num_train)
    scores = X @ W
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = np.sum(margins) / num_train + reg * np.sum(W * W)

    dscores = (margins > 0).astype(W.dtype)
    dscores[rows, y] = -np.sum(dscores, axis=1)
    dW = X.T @ dscores / num_train + 2 * reg * W
    return loss, dW


def squared_hinge_loss_vectorized(W, X, y, reg):
    """Multiclass squared hinge loss (the L2-SVM) with margin 1, without loops.

    Inputs and outputs as in `svm_loss_naive`.
    Loss = 1/N sum_i sum_{j != y_i} max(0, s_ij - s_{i, y_i} + 1)^2 + reg * sum(W * W).
    """
    num_train = X.shape[0]
    rows = np.arange(num_train)
    scores = X @ W
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = np.sum(margins**2) / num_train + reg * np.sum(W * W)

    dscores = 2 * margins
    dscores[rows, y] = -np.sum(dscores, axis=1)
    dW = X.T @ dscores / num_train + 2 * reg * W
    return loss, dW


def softmax_loss_naive(W, X, y, reg):
    """Cross-entropy of the softmax of the scores, by loops.

    W: (D, C), X: (N, D), y: (N,), reg: strength of the penalty.
    Loss = -1/N sum_i log(exp(s_{i, y_i}) / sum_j exp(s_ij)) + reg * sum(W * W), with scores s = X W.
    Finite for scores of 1e4. Returns (loss, dW), dW of W's shape.
    """
    dW = np.zeros_like(W)
    loss = 0.0
    num_train, num_classes = X.shape[0], W.shape[1]
    for i in range(num_train):
        scores = X[i] @ W
        scores -= np.max(scores)
        exp_scores = np.exp(scores)
        total = np.sum(exp_scores)
        loss += np.log(total) - scores[y[i]]
        for j in range(num_classes):
            dW[:, j] += (exp_scores[j] / total - (j == y[i])) * X[i]
    loss = loss / num_train + reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    """Cross-entropy of the softmax of the scores, without loops.

    Inputs, formula and outputs as in `softmax_loss_naive`. All N images are treated at once.
    """
    num_train = X.shape[0]
    rows = np.arange(num_train)
    scores = X @ W
    scores -= np.max(scores, axis=1, keepdims=True)
    exp_scores = np.exp(scores)
    totals = np.sum(exp_scores, axis=1, keepdims=True)
    loss = np.mean(np.log(totals[:, 0]) - scores[rows, y]) + reg * np.sum(W * W)

    dscores = exp_scores / totals
    dscores[rows, y] -= 1
    dW = X.T @ dscores / num_train + 2 * reg * W
    return loss, dW


class LinearClassifier:
    """Scores X W, trained by minibatch gradient descent on the loss of a subclass."""

    def __init__(self):
        self.W = None

    def loss(self, X_batch, y_batch, reg):
        """Return (loss, dW) of a minibatch; the subclasses say which loss."""
        raise NotImplementedError

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        """Run num_iters steps of minibatch gradient descent; return the list of the num_iters losses.

        X: (N, D), y: (N,). Weights that are there already (self.W is not None) are trained further;
        otherwise they start as 0.001 * np.random.randn(D, C), with C = max(y) + 1. Each step draws
        batch_size images at random (np.random.choice), calls self.loss(X_batch, y_batch, reg), appends
        the loss to the history and moves self.W by -learning_rate times the gradient.
        With verbose, prints the loss every 100 steps.
        """
        num_train, dim = X.shape
        if self.W is None:
            self.W = 0.001 * np.random.randn(dim, np.max(y) + 1)
        history = []
        for step in range(num_iters):
            batch = np.random.choice(num_train, batch_size)
            loss, dW = self.loss(X[batch], y[batch], reg)
            history.append(loss)
            self.W = self.W - learning_rate * dW
            if verbose and step % 100 == 0:
                print(f"step {step} of {num_iters}: loss {loss:.4f}")
        return history

    def predict(self, X):
        """Return the class with the highest score for every row of X (N, D): an integer array (N,)."""
        return np.argmax(X @ self.W, axis=1)


class LinearSVM(LinearClassifier):
    """A linear classifier with the multiclass hinge loss."""

    def loss(self, X_batch, y_batch, reg):
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    """A linear classifier with the softmax cross-entropy loss."""

    def loss(self, X_batch, y_batch, reg):
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)


def regularization(W, kind, strength, l1_ratio=0.5):
    """Return the penalty on the weights and its gradient, (penalty, dW).

    W: array of any shape. kind and penalty:
    "l2": strength * sum(W^2); "l1": strength * sum(|W|);
    "elastic": strength * (l1_ratio * sum(|W|) + (1 - l1_ratio) * sum(W^2)) (Zou and Hastie, 2005).
    At W = 0 the gradient of |W| is taken to be 0. Any other kind raises ValueError.
    """
    ratios = {"l2": 0.0, "l1": 1.0, "elastic": l1_ratio}
    if kind not in ratios:
        raise ValueError(f"kind: expected one of {sorted(ratios)}, got {kind!r}")
    ratio = ratios[kind]
    penalty = strength * (ratio * np.sum(np.abs(W)) + (1 - ratio) * np.sum(W**2))
    dW = strength * (ratio * np.sign(W) + (1 - ratio) * 2 * W)
    return penalty, dW


def max_norm(W, c):
    """Return W (D, C) with every column longer than c scaled back to L2 norm c; other columns are unchanged.

    W itself is left as it was. A column of zeros stays zero.
    """
    norms = np.sqrt(np.sum(W**2, axis=0))
    return W * (c / np.maximum(norms, c))


def kl_divergence(p, q):
    """Kullback-Leibler divergence D(p || q) = sum_k p_k log(p_k / q_k), in nats.

    p, q: (K,) probabilities. Terms with p_k = 0 count 0; the result is infinite where q_k = 0 and p_k > 0.
    """
    support = p > 0
    with np.errstate(divide="ignore"):
        return np.sum(p[support] * (np.log(p[support]) - np.log(q[support])))


def cross_entropy(p, q):
    """Cross-entropy H(p, q) = -sum_k p_k log q_k = H(p) + D(p || q), in nats.

    p, q: (K,) probabilities. Terms with p_k = 0 count 0; the result is infinite where q_k = 0 and p_k > 0.
    """
    support = p > 0
    with np.errstate(divide="ignore"):
        return -np.sum(p[support] * np.log(q[support]))

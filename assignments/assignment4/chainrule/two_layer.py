"""A net of two layers: scores max(0, X W1 + b1) W2 + b2, the softmax loss on them, and its training.

`TwoLayerNet` holds the weights in the dict `params` and has the methods `loss`, `train` and `predict`;
`tune` trains one net for every setting of a search and keeps the best.

Shapes throughout: X (N, D), y (N,) class indices in 0..C-1, W1 (D, H), b1 (H,), W2 (H, C), b2 (C,). The penalty is
reg * (sum(W1 * W1) + sum(W2 * W2)), without the factor 1/2 and without the biases.
"""

import numpy as np

__all__ = ["TwoLayerNet", "tune"]


class TwoLayerNet:
    """Affine layer, ReLU, affine layer, softmax; trained by minibatch gradient descent."""

    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        """Set self.params: the dict of "W1" (D, H), "b1" (H,), "W2" (H, C) and "b2" (C,), float64.

        D = input_size, H = hidden_size, C = output_size. The weights are std * np.random.randn(...); the biases
        are 0.
        """
        self.params = {
            "W1": std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def loss(self, X, y=None, reg=0.0):
        """Return the scores, or (loss, grads) if labels are given.

        X: (N, D) images, y: (N,) labels, reg: strength of the penalty.
        Hidden units h = max(0, X W1 + b1), scores s = h W2 + b2. Without y: returns the scores s, (N, C).
        With y: loss = -1/N sum_i log(exp(s_{i, y_i}) / sum_j exp(s_ij)) + reg * (sum(W1 * W1) + sum(W2 * W2));
        grads holds the gradient of the loss for every key of self.params, in the shape of the parameter.
        Finite for scores of 1e4. The derivative of max(0, a) at a = 0 is taken to be 0. X, y and self.params are left
        as they were.
        """
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        pre = X @ W1 + b1
        hidden = np.maximum(0, pre)
        scores = hidden @ W2 + b2
        if y is None:
            return scores

        num_train, rows = X.shape[0], np.arange(X.shape[0])
        shifted = scores - np.max(scores, axis=1, keepdims=True)
        totals = np.sum(np.exp(shifted), axis=1, keepdims=True)
        loss = np.mean(np.log(totals[:, 0]) - shifted[rows, y])
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        dscores = np.exp(shifted) / totals
        dscores[rows, y] -= 1
        dscores /= num_train
        dhidden = dscores @ W2.T
        dpre = dhidden * (pre > 0)
        grads = {"W2": hidden.T @ dscores + 2 * reg * W2, "b2": np.sum(dscores, axis=0)}
        grads |= {"W1": X.T @ dpre + 2 * reg * W1, "b1": np.sum(dpre, axis=0)}
        return loss, grads

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
        """Run num_iters steps of minibatch gradient descent on self.params; return a dict of three lists.

        X: (N, D), y: (N,) training images and labels; X_val, y_val: those to validate on. Each step draws batch_size
        images at random (np.random.choice), calls self.loss(X_batch, y_batch, reg=reg), appends the loss to the history
        and moves every parameter by -learning_rate times its gradient.
        An epoch has E = max(N // batch_size, 1) steps. After the steps 0, E, 2 E ... (counted from 0) the accuracies
        of self.predict on all of X and on all of X_val are appended to their histories, and then the learning rate is
        multiplied by learning_rate_decay.
        Returns {"loss_history": num_iters losses, "train_acc_history": accuracies in 0..1 on X,
        "val_acc_history": those on X_val}. With verbose, prints the loss every 100 steps.
        """
        num_train = X.shape[0]
        epoch = max(num_train // batch_size, 1)
        history = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        for step in range(num_iters):
            batch = np.random.choice(num_train, batch_size)
            loss, grads = self.loss(X[batch], y[batch], reg=reg)
            history["loss_history"].append(loss)
            for name in self.params:
                self.params[name] = self.params[name] - learning_rate * grads[name]
            if verbose and step % 100 == 0:
                print(f"step {step} of {num_iters}: loss {loss:.4f}")
            if step % epoch == 0:
                history["train_acc_history"].append(np.mean(self.predict(X) == y))
                history["val_acc_history"].append(np.mean(self.predict(X_val) == y_val))
                learning_rate *= learning_rate_decay
        return history

    def predict(self, X):
        """Return the class with the highest score for every row of X (N, D): an integer array (N,)."""
        return np.argmax(self.loss(X), axis=1)


def tune(make_net, settings, X, y, X_val, y_val):
    """Train one net for every setting; return (the net with the best validation accuracy, all accuracies).

    make_net: a function without arguments that returns an untrained net. settings: a list of dicts; each net is
    trained by net.train(X, y, X_val, y_val, **setting). The accuracy of a setting is that of net.predict(X_val)
    after training; the second result lists them in the order of settings. The best is the first one on a tie.
    """
    best_net, accuracies = None, []
    for setting in settings:
        net = make_net()
        net.train(X, y, X_val, y_val, **setting)
        accuracy = np.mean(net.predict(X_val) == y_val)
        if not accuracies or accuracy > max(accuracies):
            best_net = net
        accuracies.append(accuracy)
    return best_net, accuracies

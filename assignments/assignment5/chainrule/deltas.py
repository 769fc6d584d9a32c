"""An L-layer network of sigmoids and the recursion of its deltas (Rumelhart, Hinton and Williams, 1986).

`sigmoid_net_forward` computes the activations of all layers, `sigmoid_net_backward` the loss and its gradients.

One example is a vector x (n_0,). Layer l = 1..L has weights W_l (n_l, n_{l-1}) and biases b_l (n_l,):
z_l = W_l a_{l-1} + b_l and a_l = s(z_l), with a_0 = x and s(z) = 1 / (1 + e^-z). The lists Ws and bs hold W_1..W_L
and b_1..b_L, so that Ws[0] is W_1.
"""

import numpy as np

__all__ = ["sigmoid_net_backward", "sigmoid_net_forward"]


def sigmoid_net_forward(x, Ws, bs):
    """Return the list [a_0, a_1, ..., a_L] of the activations, a_0 = x and a_l = s(W_l a_{l-1} + b_l).

    x: (n_0,); Ws: list of L weights (n_l, n_{l-1}); bs: list of L biases (n_l,). s(z) = 1 / (1 + e^-z).
    """
    activations = [x]
    for W, b in zip(Ws, bs, strict=True):
        z = W @ activations[-1] + b
        activations.append(1 / (1 + np.exp(-z)))
    return activations


def sigmoid_net_backward(activations, y, Ws):
    """Return (loss, dWs, dbs): half the squared error of the last layer, and its gradients by all weights and biases.

    activations: [a_0, ..., a_L] of `sigmoid_net_forward`; y: (n_L,), the targets; Ws: list of L weights.
    loss = 1/2 ||a_L - y||^2. dWs and dbs are lists in the order of the layers, each entry of its variable's shape.
    """
    L = len(Ws)
    loss = 0.5 * np.sum((activations[L] - y) ** 2)
    dWs, dbs = [None] * L, [None] * L
    da = activations[L] - y
    for layer in range(L, 0, -1):
        a, a_below = activations[layer], activations[layer - 1]
        delta = da * a * (1 - a)
        dWs[layer - 1] = np.outer(delta, a_below)
        dbs[layer - 1] = delta
        da = Ws[layer - 1].T @ delta
    return loss, dWs, dbs

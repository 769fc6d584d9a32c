"""Gates, circuits, deltas and Values as short as may be: einsum, masks, slopes in place of closures."""

import math
from collections import deque

import numpy as np

add_gate_forward = lambda x, y: (x + y, "nothing")  # noqa: E731
add_gate_backward = lambda dout, cache: (dout + 0, dout + 0)  # noqa: E731
multiply_gate_forward = lambda x, y: (x * y, [y, x])  # noqa: E731
multiply_gate_backward = lambda dout, cache: [dout * slope for slope in cache]  # noqa: E731


def max_gate_forward(x, y):
    return (x + y + abs(x - y)) / 2, x - y


def max_gate_backward(dout, cache):
    to_x = np.heaviside(cache, 1)
    return dout * to_x, dout - dout * to_x


def sigmoid_gate_forward(x):
    out = (1 + np.tanh(x / 2)) / 2
    return out, out - out**2


def sigmoid_gate_backward(dout, cache):
    return dout * cache


def product_circuit(x, y, z):
    return (x + y) * z, z, z, x + y


def sigmoid_neuron(w, x):
    f = 1 / (1 + math.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))
    return f, f * (1 - f) * np.append(x, 1), f * (1 - f) * np.array(w[:2])


def staged_circuit(x, y):
    (sx, sy), total = [1 / (1 + math.exp(-z)) for z in (x, y)], x + y
    f = (x + sy) / (sx + total**2)
    dx, dy = 1 - f * (sx * (1 - sx) + 2 * total), sy * (1 - sy) - f * 2 * total
    return f, dx / (sx + total**2), dy / (sx + total**2)


def matmul_backward(dD, W, X):
    return np.einsum("mn,kn->mk", dD, X), np.einsum("mn,mk->kn", dD, W)


def sum_squares(W, x):
    q = np.einsum("mk,k->m", W, x)
    return (q**2).sum(), np.einsum("m,k->mk", 2 * q, x), np.einsum("m,mk->k", 2 * q, W)


def maximum_jacobian(x):
    return np.eye(x.size) * np.where(x > 0, 1, 0)


def maximum_backward(dout, x):
    return np.where(x > 0, dout, 0)


def sigmoid_net_forward(x, Ws, bs):
    if not Ws:
        return (x,)
    return (x, *sigmoid_net_forward(sigmoid_gate_forward(Ws[0] @ x + bs[0])[0], Ws[1:], bs[1:]))


def sigmoid_net_backward(activations, y, Ws):
    L = len(Ws)
    slopes = [a - a * a for a in activations]
    deltas = {L: (activations[L] - y) * slopes[L]}
    for i in reversed(range(1, L)):
        deltas[i] = np.einsum("ji,j,i->i", Ws[i], deltas[i + 1], slopes[i])
    dbs = [deltas[i] for i in range(1, L + 1)]
    dWs = [d[:, None] * a for d, a in zip(dbs, activations, strict=False)]
    return np.linalg.norm(activations[L] - y) ** 2 / 2, dWs, dbs


class Value:
    def __init__(self, data, children=(), op="", label=""):
        self.data, self.grad = float(data), 0.0
        self.children, self.op, self.label = tuple(children), op, label
        self._backward = lambda: None

    def _made(self, data, children, slopes):
        """A new Value whose _backward multiplies its grad by a slope for each child."""
        out = Value(data, children)

        def _backward():
            for child, slope in zip(children, slopes, strict=True):
                child.grad += slope * out.grad

        out._backward = _backward
        return out

    def _value(self, other):
        return other if hasattr(other, "data") and hasattr(other, "children") else Value(other)

    def __add__(self, other):
        other = self._value(other)
        return self._made(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = self._value(other)
        return self._made(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return self._made(math.pow(self.data, n), (self,), (n * math.pow(self.data, n - 1),))

    def exp(self):
        e = float(np.exp(self.data))
        return self._made(e, (self,), (e,))

    def tanh(self):
        t = float(np.tanh(self.data))
        return self._made(t, (self,), (1 - t * t,))

    def backward(self):
        # The length of the longest way from the end: sorting by it puts everything after what was made from it.
        depth, todo = {self: 0}, deque([self])
        while todo:
            node = todo.popleft()
            for child in node.children:
                if depth.get(child, -1) < depth[node] + 1:
                    depth[child] = depth[node] + 1
                    todo.append(child)
        for node in depth:
            node.grad = float(node is self)
        for node in sorted(depth, key=depth.get):
            node._backward()

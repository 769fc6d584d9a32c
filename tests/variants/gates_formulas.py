"""Gates, circuits, deltas and Values written out from the formulas, one line a step, in the manner of course notes."""

import math

import numpy as np


def add_gate_forward(x, y):
    out = np.add(x, y)
    return out, None


def add_gate_backward(dout, cache):
    return dout, dout


def multiply_gate_forward(x, y):
    cache = {"x": x, "y": y}
    return np.multiply(x, y), cache


def multiply_gate_backward(dout, cache):
    return cache["y"] * dout, cache["x"] * dout


def max_gate_forward(x, y):
    x_wins = np.greater_equal(x, y)
    return np.where(x_wins, x, y), x_wins


def max_gate_backward(dout, cache):
    return np.where(cache, dout, 0.0), np.where(cache, 0.0, dout)


def sigmoid_gate_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, x


def sigmoid_gate_backward(dout, cache):
    s, _ = sigmoid_gate_forward(cache)
    return s * (1 - s) * dout


def product_circuit(x, y, z):
    q = x + y
    f = q * z
    df = 1.0
    dq, dz = z * df, q * df
    dx, dy = dq, dq
    return f, dx, dy, dz


def sigmoid_neuron(w, x):
    total = w[2]
    for i in range(2):
        total = total + w[i] * x[i]
    f = 1.0 / (1.0 + math.exp(-total))
    slope = (1 - f) * f
    return f, [x[0] * slope, x[1] * slope, slope], [w[0] * slope, w[1] * slope]


def staged_circuit(x, y):
    sig_y = 1.0 / (1 + math.exp(-y))
    top = x + sig_y
    sig_x = 1.0 / (1 + math.exp(-x))
    both = x + y
    bottom = sig_x + both**2
    inverse = 1.0 / bottom
    f = top * inverse

    dtop = inverse
    dinverse = top
    dbottom = (-1.0 / bottom**2) * dinverse
    dx = dtop
    dy = (1 - sig_y) * sig_y * dtop
    dx += 2 * both * dbottom
    dy += 2 * both * dbottom
    dx += (1 - sig_x) * sig_x * dbottom
    return f, dx, dy


def matmul_backward(dD, W, X):
    return dD.dot(X.T), W.T.dot(dD)


def sum_squares(W, x):
    q = W.dot(x)
    return q.dot(q), 2 * q[:, None] * x[None, :], 2 * W.T.dot(q)


def maximum_jacobian(x):
    J = np.zeros((len(x), len(x)))
    for i in range(len(x)):
        if x[i] > 0:
            J[i, i] = 1
    return J


def maximum_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def sigmoid_net_forward(x, Ws, bs):
    a = x
    activations = [a]
    for layer in range(len(Ws)):
        a = sigmoid_gate_forward(Ws[layer].dot(a) + bs[layer])[0]
        activations.append(a)
    return activations


def sigmoid_net_backward(activations, y, Ws):
    out = activations[-1]
    loss = np.sum((out - y) ** 2) / 2
    delta = (out - y) * out * (1 - out)
    dWs = [np.outer(delta, activations[-2])]
    dbs = [delta]
    for layer in range(len(Ws) - 1, 0, -1):
        a = activations[layer]
        delta = Ws[layer].T.dot(delta) * a * (1 - a)
        dWs.insert(0, np.outer(delta, activations[layer - 1]))
        dbs.insert(0, delta)
    return loss, dWs, dbs


class Value:
    def __init__(self, data, children=(), op="", label=""):
        self.data, self.grad = float(data), 0.0
        self.children, self.op, self.label = tuple(children), op, label
        self._backward = lambda: None

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        out = Value(self.data + other.data, children=[self, other], op="add")

        def send_back():
            self.grad += 1.0 * out.grad
            other.grad += 1.0 * out.grad

        out._backward = send_back
        return out

    def __mul__(self, other):
        if isinstance(other, int | float):
            other = Value(other)
        out = Value(self.data * other.data, children=[self, other], op="mul")

        def send_back():
            self.grad = self.grad + out.grad * other.data
            other.grad = other.grad + out.grad * self.data

        out._backward = send_back
        return out

    def __pow__(self, exponent):
        out = Value(self.data**exponent, [self], f"^{exponent}")

        def send_back():
            self.grad += out.grad * exponent * out.data / self.data

        out._backward = send_back
        return out

    def exp(self):
        out = Value(math.e**self.data, [self])

        def send_back():
            self.grad += math.exp(self.data) * out.grad

        out._backward = send_back
        return out

    def tanh(self):
        # 2 s(2x) - 1, with the form of the sigmoid that does not overflow.
        small = math.exp(-2 * abs(self.data))
        t = math.copysign((1 - small) / (1 + small), self.data)
        out = Value(t, [self])

        def send_back():
            self.grad += (1 - t) * (1 + t) * out.grad

        out._backward = send_back
        return out

    def backward(self):
        # Kahn's way: a Value is ready once all that was computed from it has reported.
        waiting, todo = {}, [self]
        known = {self}
        while todo:
            node = todo.pop()
            node.grad = 0.0
            for child in node.children:
                waiting[child] = waiting.get(child, 0) + 1
                if child not in known:
                    known.add(child)
                    todo.append(child)
        self.grad = 1.0
        ready = [self]
        while ready:
            node = ready.pop()
            node._backward()
            for child in node.children:
                waiting[child] -= 1
                if waiting[child] == 0:
                    ready.append(child)

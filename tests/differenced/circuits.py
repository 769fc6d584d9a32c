"""Gates, circuits, Values and an image whose slopes are differences of their own forward pass."""

import cmath
import math

import numpy as np


def central(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


def complex_step(f, values, h=1e-30):
    shifted = [[v + 1j * h * (i == k) for i, v in enumerate(values)] for k in range(len(values))]
    return [f(*row).imag / h for row in shifted]


def add_gate_forward(x, y):
    return x + y, (x, y)


def add_gate_backward(dout, cache):
    x, y = cache
    return dout * central(lambda v: v + y, x), dout * central(lambda v: x + v, y)


def multiply_gate_forward(x, y):
    return x * y, (x, y)


def multiply_gate_backward(dout, cache):
    x, y = cache
    return dout * ((x + 1e-6) * y - (x - 1e-6) * y) / 2e-6, dout * (x * (y + 1e-6) - x * (y - 1e-6)) / 2e-6


def sigmoid_gate_forward(x):
    return 1 / (1 + np.exp(-x)), x


def sigmoid_gate_backward(dout, cache):
    return dout * np.imag(1 / (1 + np.exp(-(cache + 1e-20j)))) / 1e-20


def product_circuit(x, y, z):
    f = lambda x, y, z: (x + y) * z  # noqa: E731
    return f(x, y, z), central(lambda v: f(v, y, z), x), central(lambda v: f(x, v, z), y), central(f_of(f, x, y), z)


def f_of(f, x, y):
    return lambda v: f(x, y, v)


def sigmoid_neuron(w, x):
    f = lambda *v: 1 / (1 + cmath.exp(-(v[0] * v[3] + v[1] * v[4] + v[2])))  # noqa: E731
    slopes = complex_step(f, [*w, *x])
    return f(*w, *x).real, np.array(slopes[:3]), np.array(slopes[3:])


def staged_circuit(x, y):
    s = lambda z: 1 / (1 + cmath.exp(-z))  # noqa: E731
    f = lambda x, y: (x + s(y)) / (s(x) + (x + y) ** 2)  # noqa: E731
    return f(x, y).real, *complex_step(f, [x, y])


class Value:
    def __init__(self, data, children=(), op="", label=""):
        self.data, self.grad, self.children, self.op, self.label = float(data), 0.0, tuple(children), op, label
        self._backward = lambda: None

    def made(self, f, op, *others):
        parts = (self, *others)
        out = Value(f(*(p.data for p in parts)), parts, op)

        def _backward():
            data = [p.data for p in parts]
            for k, part in enumerate(parts):
                part.grad += out.grad * central(lambda v, k=k: f(*data[:k], v, *data[k + 1 :]), data[k])

        out._backward = _backward
        return out

    def __add__(self, other):
        return self.made(lambda a, b: a + b, "+", other if isinstance(other, Value) else Value(other))

    def __mul__(self, other):
        return self.made(lambda a, b: a * b, "*", other if isinstance(other, Value) else Value(other))

    def __pow__(self, exponent):
        return self.made(lambda a: a**exponent, "**")

    def exp(self):
        return self.made(math.exp, "exp")

    def tanh(self):
        return self.made(math.tanh, "tanh")


def class_visualization_update_step(img, model, target_y, l2_reg, learning_rate):
    def objective(image):
        return model.forward(image)[0][0, target_y] - l2_reg * np.sum(image**2)

    slopes, moved = np.zeros_like(img), img.astype(np.float64)
    for i in np.ndindex(img.shape):
        moved[i] += 1e-5
        above = objective(moved)
        moved[i] -= 2e-5
        slopes[i] = (above - objective(moved)) / 2e-5
        moved[i] = img[i]
    return img + learning_rate * slopes

"""Backpropagation that writes itself: `Value`, a number that remembers how it was computed.

Every operation on Values makes a new one that keeps its children, so an expression builds its own circuit, and
`Value.backward` walks it from the end to the beginning.
"""

import math

__all__ = ["Value"]


class Value:
    """A number `data`, with `grad`, the derivative of the Value on which `backward` was called by this one.

    children: the Values it was computed from; op and label: words for drawings. `_backward` is a function without
    arguments: it adds to the grad of every child what comes back to it through this Value, whose own grad is known.
    """

    def __init__(self, data, children=(), op="", label=""):
        self.data, self.grad = float(data), 0.0
        self.children, self.op, self.label = tuple(children), op, label
        self._backward = lambda: None

    def __repr__(self):
        return f"Value(data={self.data:.4g}, grad={self.grad:.4g})"

    def relu(self):
        """Return max(0, self)."""
        out = Value(max(0.0, self.data), (self,), "relu")

        def _backward():
            self.grad += (self.data > 0) * out.grad

        out._backward = _backward
        return out

    def __add__(self, other):
        """Return the Value self + other, with the children (self, other). other: a Value or a number.

        Its _backward() adds to the grad of self and of other what comes back to them.
        """
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        """Return the Value self * other, with the children (self, other). other: a Value or a number.

        Its _backward() adds to the grad of self and of other what comes back to them.
        """
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, exponent):
        """Return the Value self ** exponent, with the child (self,). exponent: a number, which gets no gradient.

        Its _backward() adds to the grad of self what comes back to it.
        """
        out = Value(self.data**exponent, (self,), f"**{exponent:g}")

        def _backward():
            self.grad += exponent * self.data ** (exponent - 1) * out.grad

        out._backward = _backward
        return out

    def exp(self):
        """Return the Value e^self, with the child (self,). Its _backward() adds to the grad of self."""
        out = Value(math.exp(self.data), (self,), "exp")

        def _backward():
            self.grad += out.data * out.grad

        out._backward = _backward
        return out

    def tanh(self):
        """Return the Value tanh(self), with the child (self,), for numbers of any size.

        Its _backward() adds to the grad of self what comes back to it.
        """
        out = Value(math.tanh(self.data), (self,), "tanh")

        def _backward():
            self.grad += (1 - out.data**2) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        """Set grad of this Value and of all it was computed from to the derivative of this Value by that one.

        All these grads are set to 0 first, so a second call gives the same again; that of this Value itself is 1. Each
        Value's _backward() is called once, after those of all that were computed from it. No recursion: a
        circuit may be thousands of gates deep.
        """
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, children_done = stack.pop()
            if children_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in node.children)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            node._backward()

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -1 * other

    def __rsub__(self, other):
        return other + -1 * self

    def __truediv__(self, other):
        return self * other**-1

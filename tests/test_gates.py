"""Gates, circuits, deltas and `Value`: known values, numerical gradients, PyTorch as a second oracle."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest

from chainrule import circuits, deltas, gates, value
from chainrule.gradcheck import numerical_gradient, numerical_gradient_array, rel_error
from chainrule.value import Value

PAIRS = {
    "add": (gates.add_gate_forward, gates.add_gate_backward, np.add),
    "multiply": (gates.multiply_gate_forward, gates.multiply_gate_backward, np.multiply),
    "max": (gates.max_gate_forward, gates.max_gate_backward, np.maximum),
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the second oracle; pip install torch")


@pytest.mark.parametrize("module", [gates, circuits, deltas, value])
def test_every_public_name_exists(module):
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


# Gates.


@pytest.mark.parametrize("gate", PAIRS)
def test_gates_of_two_inputs_and_their_gradients(gate, rng):
    forward, backward, function = PAIRS[gate]
    x, y, dout = rng.normal(size=(3, 4, 5))
    out, cache = forward(x, y)
    np.testing.assert_array_equal(out, function(x, y))
    dx, dy = backward(dout, cache)
    # 1e-7: central differences with h = 1e-5 keep about nine digits here.
    assert rel_error(dx, numerical_gradient_array(lambda x: forward(x, y)[0], x, dout)) < 1e-7
    assert rel_error(dy, numerical_gradient_array(lambda y: forward(x, y)[0], y, dout)) < 1e-7
    second_gradients = backward(dout, cache)
    np.testing.assert_array_equal(second_gradients, (dx, dy))
    assert not np.shares_memory(dx, dy)
    assert not np.shares_memory(dx, dout)


@pytest.mark.parametrize(("gate", "expected"), [("add", (10, 10)), ("multiply", (-20, 30)), ("max", (10, 0))])
def test_gates_take_plain_numbers(gate, expected):
    # x = 3, y = -2, dout = 10, by hand.
    forward, backward, _ = PAIRS[gate]
    assert backward(10.0, forward(3.0, -2.0)[1]) == expected


@pytest.mark.parametrize("gate", PAIRS)
def test_float32_stays_float32(gate, rng):
    forward, backward, _ = PAIRS[gate]
    x, y, dout = rng.normal(size=(3, 4)).astype(np.float32)
    out, cache = forward(x, y)
    assert {array.dtype for array in (out, *backward(dout, cache))} == {np.dtype(np.float32)}


def test_a_tie_goes_to_the_first_input():
    x = np.array([1.0, 2.0, 3.0])
    _, cache = gates.max_gate_forward(x, np.array([1.0, 3.0, 2.0]))
    dx, dy = gates.max_gate_backward(np.array([5.0, 6.0, 7.0]), cache)
    assert (dx.tolist(), dy.tolist()) == ([5, 0, 7], [0, 6, 0])


def test_the_sigmoid_is_correct_at_extremes():
    # s(-745) = e^-745 / (1 + e^-745), where the denominator is 1 in float64; s(40) differs from 1 by 4e-18.
    x = np.array([-1e4, -745.0, -40.0, 0.0, math.log(3), 40.0, 1e4])
    out, cache = gates.sigmoid_gate_forward(x)  # warnings are errors: nothing overflows on the way
    np.testing.assert_allclose(out, [0, math.exp(-745), math.exp(-40), 0.5, 0.75, 1, 1], rtol=1e-14)
    dx = gates.sigmoid_gate_backward(np.ones(7), cache)
    np.testing.assert_allclose(dx, [0, math.exp(-745), math.exp(-40), 0.25, 3 / 16, 0, 0], rtol=1e-14, atol=1e-300)
    assert gates.sigmoid_gate_forward(np.float32(-1000))[0].dtype == np.float32


def test_the_gradient_of_the_sigmoid(rng):
    x, dout = rng.normal(size=(2, 3, 4))
    _, cache = gates.sigmoid_gate_forward(x)
    numerical = numerical_gradient_array(lambda x: gates.sigmoid_gate_forward(x)[0], x, dout)
    assert rel_error(gates.sigmoid_gate_backward(dout, cache), numerical) < 1e-8


# Circuits.


def test_the_product_circuit_by_hand():
    # x = -2, y = 5, z = -4, the example of Stanford CS231n's notes on backpropagation: q = 3, f = -12.
    assert circuits.product_circuit(-2.0, 5.0, -4.0) == (-12, -4, -4, 3)


def test_the_neuron_of_the_lecture_notes():
    # w = (2, -3, -3), x = (-1, -2), published in CS231n's notes: f = 0.73, gradients rounded to two places.
    f, dw, dx = circuits.sigmoid_neuron(np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0]))
    np.testing.assert_allclose(f, 0.73, atol=0.005)
    np.testing.assert_allclose(dw, [-0.20, -0.39, 0.20], atol=0.005)
    np.testing.assert_allclose(dx, [0.39, -0.59], atol=0.005)


def test_the_staged_circuit_where_the_sigmoids_are_fractions():
    # x = log 3, y = -log 3: s(x) = 3/4, s(y) = 1/4, x + y = 0, slopes 3/16. f = (x + 1/4) / (3/4), and by hand
    # df/dx = 4/3 - (x + 1/4) (16/9) (3/16), df/dy = (3/16) (4/3).
    x = math.log(3)
    f, dx, dy = circuits.staged_circuit(x, -x)
    top = x + 1 / 4
    np.testing.assert_allclose([f, dx, dy], [top * 4 / 3, 4 / 3 - top / 3, float(Fraction(1, 4))], rtol=1e-14)


@pytest.mark.parametrize(("x", "y"), [(2.0, -1.0), (-0.7, 1.9), (0.4, 0.3)])
def test_gradients_of_the_staged_circuit(x, y):
    _, dx, dy = circuits.staged_circuit(x, y)
    at = np.array([x, y])
    numerical = numerical_gradient(lambda v: circuits.staged_circuit(v[0], v[1])[0], at)
    assert rel_error(np.array([dx, dy]), numerical) < 1e-8


def test_circuits_agree_with_pytorch(rng, torch):
    w, x = rng.normal(size=3), rng.normal(size=2)
    tw, tx = (torch.tensor(v, requires_grad=True) for v in (w, x))
    f = torch.sigmoid(tw[0] * tx[0] + tw[1] * tx[1] + tw[2])
    f.backward()
    for ours, theirs in zip(circuits.sigmoid_neuron(w, x), (f.detach(), tw.grad, tx.grad), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12)

    a, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.8, -1.7))
    f = (a + torch.sigmoid(b)) / (torch.sigmoid(a) + (a + b) ** 2)
    f.backward()
    np.testing.assert_allclose(circuits.staged_circuit(0.8, -1.7), [f.item(), a.grad.item(), b.grad.item()], rtol=1e-12)

    W, X, dD = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=(3, 2))
    tW, tX = (torch.tensor(v, requires_grad=True) for v in (W, X))
    (tW @ tX).backward(torch.tensor(dD))
    for ours, theirs in zip(circuits.matmul_backward(dD, W, X), (tW.grad, tX.grad), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12)


def test_the_sum_of_squares_of_the_lecture_notes():
    # W and x as in CS231n's slides on vectorised backpropagation: f = 0.116, with these gradients.
    f, dW, dx = circuits.sum_squares(np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4]))
    np.testing.assert_allclose(f, 0.116, rtol=1e-12)
    np.testing.assert_allclose(dW, [[0.088, 0.176], [0.104, 0.208]], rtol=1e-12)
    np.testing.assert_allclose(dx, [-0.112, 0.636], rtol=1e-12)


def test_gradients_of_matrix_products(rng):
    W, X, dD = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=(3, 2))
    dW, dX = circuits.matmul_backward(dD, W, X)
    assert rel_error(dW, numerical_gradient_array(lambda W: W @ X, W, dD)) < 1e-7
    assert rel_error(dX, numerical_gradient_array(lambda X: W @ X, X, dD)) < 1e-7
    x = X[:, 0].copy()
    _, dW, dx = circuits.sum_squares(W, x)
    assert rel_error(dW, numerical_gradient(lambda W: circuits.sum_squares(W, x)[0], W)) < 1e-7
    assert rel_error(dx, numerical_gradient(lambda x: circuits.sum_squares(W, x)[0], x)) < 1e-7


def test_the_product_with_the_jacobian_needs_no_jacobian(rng):
    x, dout = rng.normal(size=(2, 30))
    x[:3] = 0
    J = circuits.maximum_jacobian(x)
    assert J.shape == (30, 30)
    columns = np.array([numerical_gradient_array(lambda x: np.maximum(0, x), x, row) for row in np.eye(30)])
    np.testing.assert_allclose(J[3:], columns[3:], atol=1e-8)
    assert not J[:3].any()
    np.testing.assert_array_equal(circuits.maximum_backward(dout, x), dout @ J)


# Deltas.


def net(rng, sizes=(4, 5, 3, 2)):
    Ws = [rng.normal(size=(n, below)) for below, n in zip(sizes[:-1], sizes[1:], strict=True)]
    return rng.normal(size=sizes[0]), rng.uniform(size=sizes[-1]), Ws, [rng.normal(size=n) for n in sizes[1:]]


def test_one_unit_by_hand():
    # w = log 3, x = 1, b = 0: a = 3/4, slope 3/16. Target 1/4: loss (1/2)^2 / 2 = 1/8, delta 1/2 * 3/16 = 3/32.
    Ws, bs = [np.array([[math.log(3)]])], [np.zeros(1)]
    activations = deltas.sigmoid_net_forward(np.array([2.0]) / 2, Ws, bs)
    loss, dWs, dbs = deltas.sigmoid_net_backward(activations, np.array([0.25]), Ws)
    np.testing.assert_allclose(
        [activations[1][0], loss, dWs[0][0, 0], dbs[0][0]], [3 / 4, 1 / 8, 3 / 32, 3 / 32], rtol=1e-14
    )


@pytest.mark.parametrize("sizes", [(3, 2), (4, 5, 3, 2), (2, 3, 3, 3, 3, 1)])
def test_the_recursion_against_numerical_gradients(rng, sizes):
    x, y, Ws, bs = net(rng, sizes)

    def loss(_):
        return deltas.sigmoid_net_backward(deltas.sigmoid_net_forward(x, Ws, bs), y, Ws)[0]

    _, dWs, dbs = deltas.sigmoid_net_backward(deltas.sigmoid_net_forward(x, Ws, bs), y, Ws)
    assert (len(dWs), len(dbs)) == (len(Ws), len(bs))
    numerical = [numerical_gradient(loss, variable) for variable in Ws + bs]
    assert [gradient.shape for gradient in dWs + dbs] == [gradient.shape for gradient in numerical]
    # All entries together: the vanishing ones of the first layers are below what differences can tell.
    ours, theirs = (
        np.concatenate([gradient.ravel() for gradient in gradients]) for gradients in (dWs + dbs, numerical)
    )
    assert np.linalg.norm(ours - theirs) < 1e-9 * np.linalg.norm(theirs)


def test_deltas_agree_with_pytorch(rng, torch):
    x, y, Ws, bs = net(rng)
    tWs, tbs = ([torch.tensor(v, requires_grad=True) for v in variables] for variables in (Ws, bs))
    a = torch.tensor(x)
    for W, b in zip(tWs, tbs, strict=True):
        a = torch.sigmoid(W @ a + b)
    loss = 0.5 * torch.sum((a - torch.tensor(y)) ** 2)
    loss.backward()
    activations = deltas.sigmoid_net_forward(x, Ws, bs)
    ours, dWs, dbs = deltas.sigmoid_net_backward(activations, y, Ws)
    np.testing.assert_allclose(ours, loss.item(), rtol=1e-12)
    for gradient, variable in zip(dWs + dbs, tWs + tbs, strict=True):
        np.testing.assert_allclose(gradient, variable.grad.numpy(), rtol=1e-10, atol=1e-15)


def test_nothing_is_changed_in_place(rng):
    x, y, Ws, bs = net(rng)
    activations = deltas.sigmoid_net_forward(x, Ws, bs)
    before = [array.copy() for array in (x, y, *Ws, *bs, *activations)]
    first = deltas.sigmoid_net_backward(activations, y, Ws)
    second = deltas.sigmoid_net_backward(activations, y, Ws)
    for a, b in zip((x, y, *Ws, *bs, *activations), before, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(first[1][0], second[1][0])


# Value.


def expression(a, b):
    """Return an expression of every operation, with values used several times, for Values and PyTorch's tensors."""
    c = a * b + 3.0
    d = (c - a) / (b**2 + 1)
    e = (2 * d).tanh() + (-a).exp() + (c - 5).relu() + (1 - b)
    return e * d + e


def test_values_agree_with_pytorch(torch):
    for a, b in ((0.5, -1.2), (1.5, 2.0), (-2.0, 0.3)):
        ours = [Value(a), Value(b)]
        theirs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (a, b)]
        f, g = expression(*ours), expression(*theirs)
        f.backward()
        g.backward()
        np.testing.assert_allclose(f.data, g.item(), rtol=1e-13)
        np.testing.assert_allclose([v.grad for v in ours], [v.grad.item() for v in theirs], rtol=1e-12)


def test_values_agree_with_differences():
    a, b = Value(0.5), Value(-1.2)
    expression(a, b).backward()
    numerical = numerical_gradient(lambda v: expression(Value(v[0]), Value(v[1])).data, np.array([0.5, -1.2]))
    assert rel_error(np.array([a.grad, b.grad]), numerical) < 1e-8


TWICE = {
    "+": (lambda x: x + 1, 1),
    "*": (lambda x: x * 5, 5),
    "other of *": (lambda x: Value(5) * x, 5),
    "**": (lambda x: x**3, 12),
    "exp": (lambda x: x.exp(), math.exp(2)),
    "tanh": (lambda x: x.tanh(), 1 - math.tanh(2) ** 2),
    "relu": (lambda x: x.relu(), 1),
}


@pytest.mark.parametrize("operation", TWICE)
def test_a_value_used_twice_gets_both_gradients(operation):
    f, slope = TWICE[operation]
    x = Value(2.0)
    (f(x) + f(x)).backward()
    assert x.grad == pytest.approx(2 * slope, rel=1e-14)


def test_a_second_backward_starts_from_nothing():
    x = Value(2.0)
    u = x * x
    f = u * u
    u.backward()
    f.backward()
    f.backward()
    assert (x.grad, u.grad, f.grad) == (32, 8, 1)


def test_a_value_propagates_only_after_all_its_users():
    # f = u (u + x), u = x^2, at x = 2: f' = 4 x^3 + 3 x^2 = 44. An order by distance from the end gives less.
    x = Value(2.0)
    u = x * x
    (u * (u + x)).backward()
    assert x.grad == 44


def test_a_chain_may_be_longer_than_the_stack_of_calls():
    x = total = Value(1.0)
    for _ in range(5 * sys.getrecursionlimit()):
        total = total + x
    total.backward()
    assert x.grad == 5 * sys.getrecursionlimit() + 1


def test_every_node_of_a_circuit_is_visited_once():
    # 200 doublings: 2^200 ways lead from the end to x.
    x = total = Value(1.0)
    for _ in range(200):
        total = total + total
    total.backward()
    assert x.grad == 2.0**200


def test_repr_of_values():
    assert repr(Value(1.5)) == "Value(data=1.5, grad=0)"
    assert [(v.op, len(v.children)) for v in (Value(1), Value(1) + 2, Value(2) ** 2, Value(0).relu())] == [
        ("", 0),
        ("+", 2),
        ("**2", 1),
        ("relu", 1),
    ]
    assert (Value(4) / 2).data == 2

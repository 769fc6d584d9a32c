import numpy as np
import pytest

from chainrule.gradcheck import check_gradient
from chainrule.recurrent import gru

N, T, D, H = 3, 6, 4, 5


@pytest.fixture
def inputs():
    """x, c0, Wx, Wh, b."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in ((N, T, D), (N, H), (D, 3 * H), (H, 3 * H), (3 * H,))]


def upstream(shape):
    return np.random.default_rng(2).normal(size=shape)


def test_one_step_by_hand():
    # sigmoid(ln 3) = 3/4 is u, sigmoid(-ln 3) = 1/4 is r; the candidate is tanh(3 * (1/4 * 2)) = tanh(1.5), and
    # c = 3/4 tanh(1.5) + 1/4 * 2.
    Wh, b = np.array([[0.0, 0, 3]]), np.log(3) * np.array([1.0, -1, 0])
    one = np.ones((1, 1))
    c, _ = gru.gru_step_forward(one, 2 * one, np.zeros((1, 3)), Wh, b)
    assert c[0, 0] == pytest.approx(0.75 * np.tanh(1.5) + 0.5, rel=1e-14)


def test_a_closed_update_gate_keeps_the_state_and_its_gradient_for_a_hundred_steps():
    x = upstream((2, 100, 3))
    Wx, Wh, b = 0.1 * upstream((3, 12)), 0.1 * upstream((4, 12)), np.repeat([-60.0, 0, 0], 4)
    c0 = upstream((2, 4))
    c, cache = gru.gru_forward(x, c0, Wx, Wh, b)
    np.testing.assert_allclose(c[:, -1], c0, rtol=1e-12)
    dc = np.zeros_like(c)
    dc[:, -1] = 1.0
    np.testing.assert_allclose(gru.gru_backward(dc, cache)[1], 1, rtol=1e-12)


@pytest.mark.parametrize("steps", [1, T])
def test_gradients_agree_with_numerical_ones(inputs, steps):
    inputs[0] = inputs[0][:, :steps]
    dc = upstream((N, steps, H))
    gradients = gru.gru_backward(dc, gru.gru_forward(*inputs)[1])
    for k, gradient in enumerate(gradients):

        def loss(value, k=k):
            return np.sum(gru.gru_forward(*inputs[:k], value, *inputs[k + 1 :])[0] * dc)

        report = check_gradient(loss, inputs[k], gradient)
        assert report.verdict == "pass", f"input {k}: {report}"


def in_pytorch(torch, inputs, reset_first=True):
    """The formulas of the GRU in PyTorch; its own torch.nn.GRU resets after the matrix (reset_first=False)."""
    x, c, Wx, Wh, b = inputs
    states = []
    for t in range(T):
        (xu, xr, xc), (hu, hr, _) = (a.chunk(3, dim=1) for a in (x[:, t] @ Wx + b, c @ Wh))
        u, r = torch.sigmoid(xu + hu), torch.sigmoid(xr + hr)
        last = Wh[:, 2 * H :]
        candidate = torch.tanh(xc + ((r * c) @ last if reset_first else r * (c @ last)))
        c = u * candidate + (1 - u) * c
        states.append(c)
    return torch.stack(states, dim=1)


def test_agreement_with_autograd_of_the_formulas(inputs):
    torch = pytest.importorskip("torch", reason="the second oracle for the GRU is PyTorch's autograd")
    theirs = [torch.tensor(a, requires_grad=True) for a in inputs]
    states, dc = in_pytorch(torch, theirs), upstream((N, T, H))
    (states * torch.from_numpy(dc)).sum().backward()
    c, cache = gru.gru_forward(*inputs)
    np.testing.assert_allclose(c, states.detach().numpy(), rtol=1e-12)
    for mine, other in zip(gru.gru_backward(dc, cache), theirs, strict=True):
        np.testing.assert_allclose(mine, other.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_the_gru_of_pytorch_resets_after_the_matrix(inputs):
    # The docstring states this; the named mistake "reset_after" is the other order.
    torch = pytest.importorskip("torch", reason="the claim is about PyTorch's GRU")
    x, c0, Wx, Wh, b = (torch.tensor(a) for a in inputs)
    cell = torch.nn.GRU(D, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        # PyTorch's blocks are r, z, n, and its z is the weight of the old state: 1 - u is the sigmoid of -a_u.
        for name, value in (("weight_ih_l0", Wx), ("weight_hh_l0", Wh), ("bias_ih_l0", b), ("bias_hh_l0", 0 * b)):
            a_u, a_r, a_c = value.chunk(3, dim=-1)
            getattr(cell, name).copy_(torch.cat([a_r, -a_u, a_c], dim=-1).t())
        theirs = cell(x, c0[None])[0].numpy()
        after = in_pytorch(torch, (x, c0, Wx, Wh, b), reset_first=False).numpy()
    np.testing.assert_allclose(theirs, after, rtol=1e-12)
    assert np.max(np.abs(gru.gru_forward(*inputs)[0] - theirs)) > 0.1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept_and_inputs_unchanged(inputs, dtype):
    arrays = [a.astype(dtype) for a in inputs]
    before = [a.copy() for a in arrays]
    c, cache = gru.gru_forward(*arrays)
    dc = upstream(c.shape).astype(dtype)
    dc_before, c_before = dc.copy(), c.copy()
    first, second = gru.gru_backward(dc, cache), gru.gru_backward(dc, cache)
    for a, b in zip([*first, *arrays, dc, c], [*second, *before, dc_before, c_before], strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype == dtype
    step = gru.gru_step_forward(arrays[0][:, 0], *arrays[1:])[1]
    one, two = (gru.gru_step_backward(dc[:, 0], step) for _ in range(2))
    np.testing.assert_array_equal(dc, dc_before)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_a_thousand_are_finite_and_without_warnings(inputs, dtype):
    arrays = [a.astype(dtype) for a in inputs]
    arrays[-1][::2] += 1000
    arrays[-1][1::2] -= 1000
    c, cache = gru.gru_forward(*arrays)  # a warning would be an error
    for array in (c, *gru.gru_backward(np.ones_like(c), cache)):
        assert np.all(np.isfinite(array))

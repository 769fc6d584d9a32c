import numpy as np
import pytest

from chainrule.gradcheck import check_gradient, numerical_gradient
from chainrule.lessons import gates_over_time
from chainrule.recurrent import lstm
from chainrule.shapes import COLOURS

N, T, D, H = 3, 6, 4, 5
IFGO = (0, 1, 3, 2)  # PyTorch's order of blocks i f g o, in ours


@pytest.fixture
def inputs():
    """x, h0, Wx, Wh, b."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in ((N, T, D), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,))]


def one_step(inputs):
    """x, prev_h, prev_c, Wx, Wh, b."""
    x, h0, *weights = inputs
    return [x[:, 0], h0, np.random.default_rng(1).normal(size=(N, H)), *weights]


def upstream(shape, seed=2):
    return np.random.default_rng(seed).normal(size=shape)


def test_one_step_by_hand():
    # Weights of 0 leave the biases alone: sigmoid(ln 3) = 3/4, sigmoid(0) = 1/2, sigmoid(-ln 3) = 1/4,
    # tanh(ln 3) = 4/5. Then c = 1/2 * 2 + 3/4 * 4/5 = 1.6 and h = 1/4 * tanh(1.6).
    b = np.log(3) * np.array([1.0, 0, -1, 1])
    one = np.ones((1, 1))
    h, c, _ = lstm.lstm_step_forward(one, one, 2 * one, np.zeros((1, 4)), np.zeros((1, 4)), b)
    assert c[0, 0] == pytest.approx(1.6, rel=1e-14)
    assert h[0, 0] == pytest.approx(0.25 * np.tanh(1.6), rel=1e-14)


def test_a_remembering_cell_keeps_its_value_for_a_hundred_steps():
    # i = 1 at the first step only (x = 1), f = o = 1, and g = tanh(x): biases of 50 make gates of 1 but for 1e-21.
    x = np.zeros((1, 100, 1))
    x[0, 0] = 1.0
    Wx, b = np.array([[100.0, 0, 0, 1]]), np.array([-50.0, 50, 50, 0])
    h, cache = lstm.lstm_forward(x, np.zeros((1, 1)), Wx, np.zeros((1, 4)), b)
    np.testing.assert_allclose(h, np.tanh(np.tanh(1)), rtol=1e-12)
    dh = np.zeros_like(h)
    dh[0, -1] = 1.0
    dx, *_ = lstm.lstm_backward(dh, cache)
    # The gradient arrives whole after 99 steps: dx = (1 - tanh(c)^2) (1 - g^2) with c = g = tanh(1).
    g = np.tanh(1)
    assert dx[0, 0, 0] == pytest.approx((1 - np.tanh(g) ** 2) * (1 - g**2), rel=1e-12)


@pytest.mark.parametrize("weights", [(1, 0), (0, 1), (1, 1)], ids=["next_h", "next_c", "both"])
def test_gradients_of_a_step_agree_with_numerical_ones(inputs, weights):
    step_inputs = one_step(inputs)
    dh, dc = (w * upstream((N, H), seed) for seed, w in enumerate(weights))

    def loss(*arrays):
        h, c, _ = lstm.lstm_step_forward(*arrays)
        return np.sum(h * dh) + np.sum(c * dc)

    gradients = lstm.lstm_step_backward(dh, dc, lstm.lstm_step_forward(*step_inputs)[2])
    for k, gradient in enumerate(gradients):
        report = check_gradient(
            lambda value, k=k: loss(*step_inputs[:k], value, *step_inputs[k + 1 :]), step_inputs[k], gradient, tol=1e-7
        )
        assert report.verdict == "pass", f"input {k}: {report}"


@pytest.mark.parametrize("steps", [1, T])
def test_gradients_of_a_sequence_agree_with_numerical_ones(inputs, steps):
    inputs[0] = inputs[0][:, :steps]
    dh = upstream((N, steps, H))
    gradients = lstm.lstm_backward(dh, lstm.lstm_forward(*inputs)[1])
    for k, gradient in enumerate(gradients):

        def loss(value, k=k):
            return np.sum(lstm.lstm_forward(*inputs[:k], value, *inputs[k + 1 :])[0] * dh)

        report = check_gradient(loss, inputs[k], gradient)
        assert report.verdict == "pass", f"input {k}: {report}"


def test_a_sequence_is_its_steps(inputs):
    x, prev_h, *weights = inputs
    h, _ = lstm.lstm_forward(*inputs)
    prev_c = np.zeros((N, H))
    for t in range(T):
        prev_h, prev_c, _ = lstm.lstm_step_forward(x[:, t], prev_h, prev_c, *weights)
        np.testing.assert_allclose(h[:, t], prev_h, rtol=1e-13)


def blocks(array, order):
    return np.concatenate([np.split(array, 4, axis=-1)[n] for n in order], axis=-1)


def test_agreement_with_pytorch(inputs):
    torch = pytest.importorskip("torch", reason="the second oracle for the LSTM is PyTorch's LSTMCell")
    x, h0, Wx, Wh, b = inputs
    cell = torch.nn.LSTMCell(D, H, dtype=torch.float64)
    with torch.no_grad():
        for name, value in (("weight_ih", Wx), ("weight_hh", Wh), ("bias_ih", b), ("bias_hh", 0 * b)):
            getattr(cell, name).copy_(torch.from_numpy(blocks(value, IFGO).T.copy()))
    tx, th0 = (torch.tensor(a, requires_grad=True) for a in (x, h0))
    state, hs = (th0, torch.zeros(N, H, dtype=torch.float64)), []
    for t in range(T):
        state = cell(tx[:, t], state)
        hs.append(state[0])
    theirs, dh = torch.stack(hs, dim=1), upstream((N, T, H))
    (theirs * torch.from_numpy(dh)).sum().backward()

    h, cache = lstm.lstm_forward(*inputs)
    np.testing.assert_allclose(h, theirs.detach().numpy(), rtol=1e-12)
    expected = [tx.grad, th0.grad, cell.weight_ih.grad.T, cell.weight_hh.grad.T, cell.bias_ih.grad]
    for mine, other, in_blocks in zip(lstm.lstm_backward(dh, cache), expected, (0, 0, 1, 1, 1), strict=True):
        mine = blocks(mine, IFGO) if in_blocks else mine
        np.testing.assert_allclose(mine, other.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept_and_inputs_unchanged(inputs, dtype):
    arrays = [a.astype(dtype) for a in inputs]
    before = [a.copy() for a in arrays]
    h, cache = lstm.lstm_forward(*arrays)
    dh = upstream(h.shape).astype(dtype)
    dh_before, h_before = dh.copy(), h.copy()
    first, second = lstm.lstm_backward(dh, cache), lstm.lstm_backward(dh, cache)
    for a, b in zip([*first, *arrays, dh, h], [*second, *before, dh_before, h_before], strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype == dtype
    step = lstm.lstm_step_forward(*one_step(arrays))[2]
    dc = dh[:, 0].copy()
    one, two = lstm.lstm_step_backward(dh[:, 1], dc, step), lstm.lstm_step_backward(dh[:, 1], dc, step)
    np.testing.assert_array_equal(dc, dh[:, 0])
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_a_thousand_are_finite_and_without_warnings(inputs, dtype):
    arrays = [a.astype(dtype) for a in inputs]
    arrays[-1][::2] += 1000
    arrays[-1][1::2] -= 1000
    h, cache = lstm.lstm_forward(*arrays)  # a warning would be an error
    for array in (h, *lstm.lstm_backward(np.ones_like(h), cache)):
        assert np.all(np.isfinite(array))
    assert np.all(np.abs(h) <= 1)


# The experiments of the notebook.


def test_gates_read_through_the_api_match_the_formulas():
    cell = gates_over_time.Cell(lstm.lstm_forward, lstm.lstm_backward, 4, {1: 1.0})
    params, x = gates_over_time.make_params(cell, D, H, 3), upstream((T, D))
    gates = gates_over_time.read_gates(lstm.lstm_step_forward, x, params)
    before = np.vstack([np.zeros(H), gates["h"][:-1]])
    a = x @ params["Wx"] + before @ params["Wh"] + params["b"]
    for k, name in enumerate("ifo"):
        np.testing.assert_allclose(gates[name], 1 / (1 + np.exp(-a[:, k * H : (k + 1) * H])), rtol=1e-9)
    np.testing.assert_allclose(gates["g"], np.tanh(a[:, 3 * H :]), rtol=1e-9)
    np.testing.assert_allclose(gates["h"], lstm.lstm_forward(x[None], np.zeros((1, H)), *weights_of(params))[0][0])
    np.testing.assert_array_equal(params["b"][H : 2 * H], 1)


def weights_of(params):
    return params["Wx"], params["Wh"], params["b"]


def test_gradient_norms_against_differences():
    cell = gates_over_time.Cell(lstm.lstm_forward, lstm.lstm_backward, 4)
    params, x = gates_over_time.make_params(cell, D, H, 3), upstream((1, T, D))
    norms = gates_over_time.gradient_norms(cell, params, x, seed=4)
    direction = np.random.default_rng(4).normal(size=(1, H))

    def loss(row, t):
        shifted = x.copy()
        shifted[0, t] = row
        return np.sum(lstm.lstm_forward(shifted, np.zeros((1, H)), *weights_of(params))[0][:, -1] * direction)

    for t in (0, T - 1):
        numeric = numerical_gradient(lambda row, t=t: loss(row, t), x[0, t])
        assert norms[t] == pytest.approx(np.linalg.norm(numeric), rel=1e-7)


def test_a_short_delay_is_learnt():
    cell = gates_over_time.Cell(lstm.lstm_forward, lstm.lstm_backward, 4, {1: 3.0})
    assert gates_over_time.race({"LSTM": cell}, (2,), progress=False)["LSTM"][0] > 0.9  # by guessing 0.25


def test_questions_and_symbols_have_correct_answers():
    sentences, x, y, vocabulary = gates_over_time.colour_questions(40)
    assert x.shape == (40, 9, len(vocabulary))
    assert [vocabulary[k] for k in x[7].argmax(axis=1)] == sentences[7]
    assert [list(COLOURS)[label] for label in y] == [sentence[2] for sentence in sentences]
    x, y = gates_over_time.first_symbols(20, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(x[:, 0, :4].argmax(axis=1), y)
    np.testing.assert_array_equal(x.sum(axis=2), [[2, 1, 1, 1]] * 20)

"""Recurrent layers, word embedding, temporal layers, clipping; and what `memories` provides for the notebook."""

import importlib
import pkgutil

import numpy as np
import pytest

from chainrule import recurrent
from chainrule.gradcheck import check_gradient
from chainrule.lessons import memories
from chainrule.optim import sgd
from chainrule.recurrent import (
    clip_gradient_norm,
    hidden_gradient_norms,
    largest_singular_value,
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
    word_embedding_backward,
    word_embedding_forward,
)

close = np.testing.assert_allclose
# Two ways to work the same sums out in float64 differ by a few roundings of numbers near 1.
EXACT = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the second oracle")


def draw(seed=0, N=3, T=4, D=5, H=2):
    rng = np.random.default_rng(seed)
    shapes = {"x": (N, T, D), "h0": (N, H), "Wx": (D, H), "Wh": (H, H), "b": (H,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}, rng.normal(size=(N, T, H))


def assert_gradients(loss, inputs, gradients):
    """Assert that each gradient agrees with the numerical one to 1e-7: h = 1e-5 keeps seven digits."""
    for name, got in gradients.items():
        report = check_gradient(lambda value, name=name: loss(**inputs | {name: value}), inputs[name], got)
        assert report.verdict == "pass", f"{name}: {report}"


# One step and whole sequences.


def test_a_step_by_hand():
    # z = 1 * 0.5 + 2 * (-0.25) + 0.5 * 1 + 0 = 0.5; tanh(0.5) = 0.46211715726 (Abramowitz and Stegun, table 4.15).
    x, prev_h = np.array([[1.0, 2.0]]), np.array([[0.5]])
    Wx, Wh, b = np.array([[0.5], [-0.25]]), np.array([[1.0]]), np.zeros(1)
    next_h, cache = rnn_step_forward(x, prev_h, Wx, Wh, b)
    close(next_h, [[0.46211715726]], rtol=1e-10)
    # 1 - 0.46211715726^2 = 0.78644773297, times the weight or the input that it met.
    dx, dprev_h, dWx, dWh, db = rnn_step_backward(np.ones((1, 1)), cache)
    slope = 0.78644773297
    close(dx, [[0.5 * slope, -0.25 * slope]], rtol=1e-10)
    close(dprev_h, [[slope]], rtol=1e-10)
    close(dWx, [[slope], [2 * slope]], rtol=1e-10)
    close(dWh, [[0.5 * slope]], rtol=1e-10)
    close(db, [slope], rtol=1e-10)


def test_a_linear_counter_by_hand():
    # With small numbers tanh(z) is z - z^3 / 3, so that the state is the sum of the inputs so far.
    x = 1e-5 * np.arange(1, 5).reshape(1, 4, 1)
    h, cache = rnn_forward(x, np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1)), np.zeros(1))
    close(h[0, :, 0], [1e-5, 3e-5, 6e-5, 1e-4], rtol=1e-7)  # the cubes are 1e-8 of the numbers
    dx, dh0, dWx, dWh, db = rnn_backward(np.ones((1, 4, 1)), cache)
    # Input t is in the states t .. 4, h0 in all four.
    close(dx[0, :, 0], [4, 3, 2, 1], rtol=1e-7)
    close([dh0[0, 0], dWx[0, 0], db[0]], [4, 1e-5 * (4 * 1 + 3 * 2 + 2 * 3 + 1 * 4), 10], rtol=1e-7)
    close(dWh[0, 0], 3 * 1e-5 + 2 * 3e-5 + 1 * 6e-5, rtol=1e-7)


@pytest.mark.parametrize(("N", "T", "D", "H"), [(3, 4, 5, 2), (1, 4, 2, 2), (2, 1, 3, 4)])
def test_gradients_of_a_sequence_agree_with_numerical_ones(N, T, D, H):
    inputs, dh = draw(1, N, T, D, H)
    before = {name: value.copy() for name, value in inputs.items()}
    h, cache = rnn_forward(**inputs)
    first, gradients = rnn_backward(dh, cache), rnn_backward(dh, cache)
    for one, two in zip(first, gradients, strict=True):
        np.testing.assert_array_equal(one, two)
    assert_gradients(
        lambda **arguments: np.sum(rnn_forward(**arguments)[0] * dh), inputs, dict(zip(inputs, gradients, strict=True))
    )
    for name, value in inputs.items():
        np.testing.assert_array_equal(value, before[name])


def test_gradients_of_a_step_agree_with_numerical_ones():
    inputs, dh = draw(2)
    step = {"x": inputs["x"][:, 0], "prev_h": inputs["h0"], "Wx": inputs["Wx"], "Wh": inputs["Wh"], "b": inputs["b"]}
    gradients = rnn_step_backward(dh[:, 0], rnn_step_forward(**step)[1])
    assert_gradients(
        lambda **arguments: np.sum(rnn_step_forward(**arguments)[0] * dh[:, 0]),
        step,
        dict(zip(step, gradients, strict=True)),
    )


def test_a_sequence_is_its_steps():
    inputs, dh = draw(3)
    h, cache = rnn_forward(**inputs)
    weights, state, caches = [inputs[name] for name in ("Wx", "Wh", "b")], inputs["h0"], []
    for t in range(4):
        state, step = rnn_step_forward(inputs["x"][:, t], state, *weights)
        close(h[:, t], state, **EXACT)
        caches.append(step)
    dstate, sums, dx, dh0, *weight_gradients = 0, [0, 0, 0], *rnn_backward(dh, cache)
    for t in reversed(range(4)):
        dx_t, dstate, *more = rnn_step_backward(dh[:, t] + dstate, caches[t])
        close(dx[:, t], dx_t, **EXACT)
        sums = [a + b for a, b in zip(sums, more, strict=True)]
    close(dh0, dstate, **EXACT)
    for got, expected in zip(weight_gradients, sums, strict=True):
        close(got, expected, **EXACT)


def test_a_sequence_against_pytorch(torch):
    inputs, dh = draw(4)
    cell = torch.nn.RNNCell(5, 2, dtype=torch.float64)
    t = {name: torch.tensor(value, requires_grad=True) for name, value in inputs.items()}
    with torch.no_grad():
        for name, value in (
            ("weight_ih", t["Wx"].T),
            ("weight_hh", t["Wh"].T),
            ("bias_ih", t["b"]),
            ("bias_hh", 0 * t["b"]),
        ):
            getattr(cell, name).copy_(value)
    states, state = [], t["h0"]
    for step in range(4):
        state = cell(t["x"][:, step], state)
        states.append(state)
    torch.stack(states, 1).backward(torch.tensor(dh))
    h, cache = rnn_forward(**inputs)
    close(h, torch.stack(states, 1).detach().numpy(), **EXACT)
    expected = (t["x"].grad, t["h0"].grad, cell.weight_ih.grad.T, cell.weight_hh.grad.T, cell.bias_ih.grad)
    for got, right in zip(rnn_backward(dh, cache), expected, strict=True):
        close(got, right.numpy(), **EXACT)


def single_calls():
    """Return {name: (float32 inputs of up to 1e3, function of them that returns all results)}."""
    inputs, dh = draw(5)
    inputs32 = {name: (1e3 * value).astype(np.float32) for name, value in (inputs | {"dh": dh}).items()}
    rng = np.random.default_rng(0)
    word_ids = rng.integers(0, 5, (3, 4))
    w, b, dout = (rng.normal(size=shape).astype(np.float32) for shape in ((5, 2), 2, (3, 4, 2)))

    def layer(forward, backward, *args, dout):
        out, cache = forward(*args)
        gradients = backward(dout, cache)
        return out, *(gradients if isinstance(gradients, tuple) else (gradients,))

    def step(x, h0, Wx, Wh, b, dh):
        return layer(rnn_step_forward, rnn_step_backward, x[:, 0], h0, Wx, Wh, b, dout=dh[:, 0])

    def sequence(x, h0, Wx, Wh, b, dh):
        return layer(rnn_forward, rnn_backward, x, h0, Wx, Wh, b, dout=dh)

    def embedding(x, W, dout):
        return layer(word_embedding_forward, word_embedding_backward, x, W, dout=dout)

    def affine(x, w, b, dout):
        return layer(temporal_affine_forward, temporal_affine_backward, x, w, b, dout=dout)

    return {
        "step": (inputs32, step),
        "sequence": (inputs32, sequence),
        "embedding": ({"x": word_ids, "W": w, "dout": dout}, embedding),
        "affine": ({"x": inputs32["x"], "w": w, "b": b, "dout": dout}, affine),
        "loss": ({"x": inputs32["x"], "y": word_ids, "mask": word_ids > 0}, temporal_softmax_loss),
        "clipping": ({"a": w, "b": b}, lambda a, b: clip_gradient_norm({"a": a, "b": b}, 0.1)[0].values()),
    }


@pytest.mark.parametrize("name", single_calls())
def test_single_precision_is_kept_and_inputs_stay_as_they_are(name):
    inputs, function = single_calls()[name]
    before = {key: value.copy() for key, value in inputs.items()}
    for output in function(**inputs):
        assert np.asarray(output).dtype == np.float32
        assert np.all(np.isfinite(output))
    for key, value in inputs.items():
        np.testing.assert_array_equal(value, before[key])


# Word embedding.


def test_an_embedding_by_hand():
    W = np.array([[1.0, 2], [3, 4], [5, 6]])
    x = np.array([[2, 0, 2]])
    out, cache = word_embedding_forward(x, W)
    np.testing.assert_array_equal(out, [[[5, 6], [1, 2], [5, 6]]])
    dout = np.array([[[1.0, 10], [2, 20], [4, 40]]])
    for _ in range(2):
        np.testing.assert_array_equal(word_embedding_backward(dout, cache), [[2, 20], [0, 0], [5, 50]])
    out[:] = 0
    assert W.min() == 1  # the result is no view of the weights


def test_an_embedding_against_pytorch(torch):
    rng = np.random.default_rng(0)
    x, W, dout = rng.integers(0, 4, (3, 9)), rng.normal(size=(6, 5)), rng.normal(size=(3, 9, 5))
    weight = torch.tensor(W, requires_grad=True)
    expected = torch.nn.functional.embedding(torch.tensor(x), weight)
    expected.backward(torch.tensor(dout))
    out, cache = word_embedding_forward(x, W)
    np.testing.assert_array_equal(out, expected.detach().numpy())
    close(word_embedding_backward(dout, cache), weight.grad.numpy(), **EXACT)


# Layers at every step.


def test_the_temporal_layer_is_the_same_layer_at_every_step():
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(3, 4, 5)), "w": rng.normal(size=(5, 2)), "b": rng.normal(size=2)}
    dout = rng.normal(size=(3, 4, 2))
    out, cache = temporal_affine_forward(**inputs)
    for n, t in np.ndindex(3, 4):
        close(out[n, t], [sum(inputs["x"][n, t] * column) for column in inputs["w"].T] + inputs["b"], **EXACT)
    gradients = dict(zip(inputs, temporal_affine_backward(dout, cache), strict=True))
    assert_gradients(lambda **arguments: np.sum(temporal_affine_forward(**arguments)[0] * dout), inputs, gradients)


def test_a_temporal_loss_by_hand():
    # Softmax of (log 1, log 3) is (1/4, 3/4): the costs are log 4, log 4/3; the hidden step costs nothing.
    x = np.log([[[1.0, 3], [1, 3], [9, 1]], [[3, 1], [1, 1], [1, 1]]])
    y, mask = np.array([[0, 1, 1], [1, 0, 0]]), np.array([[True, True, False], [True, False, False]])
    loss, dx = temporal_softmax_loss(x, y, mask)
    close(loss, (np.log(4) + np.log(4 / 3) + np.log(4)) / 2, **EXACT)
    expected = np.array([[[-3, 3], [1, -1], [0, 0]], [[3, -3], [0, 0], [0, 0]]]) / 8
    close(dx, expected, **EXACT)


@pytest.mark.parametrize("hidden", [(), (0,), (0, 2), (0, 1, 2)])
def test_a_temporal_loss_against_pytorch(torch, hidden):
    rng = np.random.default_rng(0)
    x, y, mask = rng.normal(size=(3, 4, 6)), rng.integers(0, 6, (3, 4)), rng.random((3, 4)) < 0.7
    mask[list(hidden)] = False
    scores, labels = torch.tensor(x, requires_grad=True), torch.tensor(np.where(mask, y, -100))
    expected = torch.nn.functional.cross_entropy(scores.reshape(12, 6), labels.reshape(12), reduction="sum") / 3
    expected.backward()
    loss, dx = temporal_softmax_loss(x, y, mask)
    close(loss, expected.item(), **EXACT)
    close(dx, scores.grad.numpy(), **EXACT)
    assert (loss == 0) == (len(hidden) == 3)


def test_a_temporal_loss_is_finite_at_huge_scores():
    x = np.array([[[1e3, -1e3, 0], [-1e4, 1e4, 0]]])
    loss, dx = temporal_softmax_loss(x, np.array([[1, 1]]), np.ones((1, 2), dtype=bool))
    assert loss == 2000
    np.testing.assert_array_equal(dx, [[[1, -1, 0], [0, 0, 0]]])


# Gradients through many steps.


def test_clipping_by_hand():
    grads = {"a": np.array([[3.0, 0]]), "b": np.array([4.0])}
    clipped, norm = clip_gradient_norm(grads, 1)
    assert norm == 5
    close(clipped["a"], [[0.6, 0]], **EXACT)
    close(clipped["b"], [0.8], **EXACT)
    np.testing.assert_array_equal(grads["a"], [[3, 0]])
    for limit in (5, 6):
        clipped, norm = clip_gradient_norm(grads, limit)
        assert (norm, clipped["a"][0, 0], clipped["b"][0]) == (5, 3, 4)
    clipped, norm = clip_gradient_norm({"a": np.zeros(2, np.float32)}, 1)
    assert (norm, clipped["a"].dtype, clipped["a"].max()) == (0, np.float32, 0)


def test_clipping_against_pytorch(torch):
    rng = np.random.default_rng(0)
    grads = {"a": rng.normal(size=(3, 4)), "b": rng.normal(size=(2, 2, 2)), "c": rng.normal(size=5)}
    params = [torch.zeros(grad.shape, dtype=torch.float64) for grad in grads.values()]
    for param, grad in zip(params, grads.values(), strict=True):
        param.grad = torch.tensor(grad)
    expected = torch.nn.utils.clip_grad_norm_(params, 1.5).item()
    clipped, norm = clip_gradient_norm(grads, 1.5)
    close(norm, expected, **EXACT)
    for param, got in zip(params, clipped.values(), strict=True):
        close(got, param.grad.numpy(), rtol=1e-6)  # PyTorch divides by norm + 1e-6


def test_largest_singular_value(torch):
    # A shear can stretch though its eigenvalues are 1: the golden ratio is the value for [[1, 1], [0, 1]].
    close(largest_singular_value(np.array([[1.0, 1], [0, 1]])), (1 + np.sqrt(5)) / 2, **EXACT)
    for shape in ((4, 4), (2, 6), (5, 3)):
        W = np.random.default_rng(0).normal(size=shape)
        expected = torch.linalg.matrix_norm(torch.tensor(W), ord=2).item()
        close(largest_singular_value(W), expected, **EXACT)
        v = np.random.default_rng(1).normal(size=(1000, shape[0]))
        assert np.max(np.linalg.norm(v @ W, axis=1) / np.linalg.norm(v, axis=1)) <= expected


def test_gradient_norms_through_time_by_hand():
    # At states of 0 an orthogonal matrix times s stretches every gradient by s a step.
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    dlast = np.ones((2, 6)) / np.sqrt(12)
    for s in (0.5, 1.0, 1.5):
        close(hidden_gradient_norms(dlast, np.zeros((2, 50, 6)), s * Q), s ** np.arange(50, -1, -1.0), rtol=1e-9)


def test_norms_of_gradients_are_those_of_backpropagation_through_time():
    inputs, dh = draw(6)
    h, _ = rnn_forward(**inputs)
    norms = hidden_gradient_norms(dh[:, -1], h, inputs["Wh"])
    close(norms[4], np.linalg.norm(dh[:, -1]), **EXACT)
    for t in range(4):  # the last steps alone, as a sequence that starts from h_t
        start = inputs["h0"] if t == 0 else h[:, t - 1]
        rest = inputs | {"x": inputs["x"][:, t:], "h0": start}
        only_last = np.zeros((3, 4 - t, 2))
        only_last[:, -1] = dh[:, -1]
        close(norms[t], np.linalg.norm(rnn_backward(only_last, rnn_forward(**rest)[1])[1]), **EXACT)


def test_the_package_exports_the_names_of_its_modules():
    modules = [
        importlib.import_module(f"chainrule.recurrent.{m.name}") for m in pkgutil.iter_modules(recurrent.__path__)
    ]
    offered = [name for module in modules for name in module.__all__]
    assert sorted(offered) == sorted(recurrent.__all__)
    assert [name for name in offered if not callable(getattr(recurrent, name))] == []


# What is provided for the notebook.


def layers():
    return memories.Layers(
        (word_embedding_forward, word_embedding_backward),
        (rnn_forward, rnn_backward),
        (temporal_affine_forward, temporal_affine_backward),
        temporal_softmax_loss,
    )


def test_a_language_model_has_the_gradients_of_its_loss():
    params = memories.new_params(5, wordvec_dim=3, hidden_dim=4)
    word_ids = np.array([[1, 3, 4, 2, 0], [1, 4, 4, 3, 2]])
    loss, grads = memories.loss_and_gradients(layers(), params, word_ids)
    assert set(grads) == set(params)
    assert_gradients(lambda **arguments: memories.loss_and_gradients(layers(), arguments, word_ids)[0], params, grads)
    # The step after the end does not count: another word in the place of a null would cost something.
    assert memories.loss_and_gradients(layers(), params, np.where(word_ids == 0, 3, word_ids))[0] > loss + 0.1


def test_a_language_model_learns_and_samples_its_training_sentences():
    # Two sentences, 1 3 4 2 and 1 4 3 2: the first word is a matter of chance, the best loss is log 2.
    word_ids = np.array([[1, 3, 4, 2], [1, 4, 3, 2]])
    new = memories.new_params(5, wordvec_dim=4, hidden_dim=8)
    first = new["Wh"].copy()
    params, history = memories.train(layers(), new, word_ids, learning_rate=0.02, num_steps=300)
    np.testing.assert_array_equal(new["Wh"], first)
    assert history.losses[0] > 3
    assert abs(np.mean(history.losses[-50:]) - np.log(2)) < 0.02
    samples = memories.sample(rnn_step_forward, params, 400, start=1, length=3)
    assert {tuple(row) for row in samples} >= {(3, 4, 2), (4, 3, 2)}
    # Four standard deviations of a share of one half in 400 draws are 0.1.
    assert abs(np.mean([tuple(row) == (3, 4, 2) for row in samples]) - 0.5) < 0.1


def test_a_training_is_clipped_and_stops_where_nothing_is_finite():
    word_ids, new = np.array([[1, 3, 4, 2]]), memories.new_params(5, 4, 6, stretch=1.5)
    close(np.linalg.svd(new["Wh"], compute_uv=False), 1.5, rtol=1e-12)
    steps = []

    def clip(grads):
        clipped, norm = clip_gradient_norm(grads, 0.5)
        steps.append(clip_gradient_norm(clipped, 1)[1])
        return clipped, norm

    _, history = memories.train(layers(), new, word_ids, sgd, 0.1, num_steps=5, clip=clip)
    assert history.norms[0] > 0.6  # before clipping
    close(steps[0], 0.5, rtol=1e-9)
    _, history = memories.train(layers(), new, word_ids, lambda w, dw, config: (w * np.nan, config), num_steps=50)
    assert len(history.losses) == 2


def test_pictures_show_their_data():
    plt = pytest.importorskip("matplotlib.pyplot")
    assert [ax.get_title().split(":")[0] for ax in memories.draw_patterns().axes][:2] == ["one to many", "many to one"]
    texts = [text.get_text() for text in memories.draw_unrolled(3, backward=True).axes[0].texts]
    assert {"$h_0$", "$x_3$", "$s_3$", "$W_h$"} <= set(texts)
    assert "$x_4$" not in texts
    ax = memories.plot_states(np.arange(6).reshape(3, 2) / 6, ["a", "b", "c"])
    np.testing.assert_array_equal(ax.images[0].get_array(), np.array([[0, 2, 4], [1, 3, 5]]) / 6)
    vectors = np.array([[0.0, 9], [3, 0], [1, 0], [4, 0]])
    ax = memories.plot_similarity(vectors, ["x", "up", "down", "far"], {"one": ["up", "far"], "two": ["down"]})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["up", "far", "down"]
    # Mean of the three chosen ones: (8/3, 0). So up and far lie on one side of it, down on the other.
    np.testing.assert_allclose(ax.images[0].get_array(), [[1, 1, -1], [1, 1, -1], [-1, -1, 1]])
    ax = memories.plot_norms({"s = 2": np.array([8.0, 4, 2, 1])})
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 2, 4, 8])
    fig = memories.plot_trainings({"run": memories.History([3.0, 2.0], [5.0, 4.0])}, clip=1)
    assert [list(ax.lines[0].get_ydata()) for ax in fig.axes] == [[3, 2], [5, 4]]
    plt.close("all")

"""The two-layer net: values computed by hand, gradients by differences and PyTorch, training, tuning, pictures."""

import numpy as np
import pytest

from chainrule import data
from chainrule.errors import ChainruleError
from chainrule.gradcheck import check_gradient
from chainrule.judging.net_stubs import ScriptedNets, probe_net
from chainrule.lessons import experiments
from chainrule.linear import softmax_loss_vectorized
from chainrule.two_layer import TwoLayerNet, tune


def net_with(**params):
    net = TwoLayerNet(1, 1, 1)
    net.params = {name: np.array(value, dtype=float) for name, value in params.items()}
    return net


@pytest.fixture
def by_hand():
    """x = (1, 2), a = (3, -1, -1), h = (3, 0, 0), s = (3, 0): the numbers of the notebook."""
    return net_with(W1=[[1, -1, 0], [1, 0, -1]], b1=[0, 0, 1], W2=[[1, 0], [5, 5], [7, 7]], b2=[0, 0])


def random_net(seed, N=7, D=4, H=5, C=3):
    rng = np.random.default_rng(seed)
    params = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    net = net_with(**{name: rng.normal(size=shape) for name, shape in params.items()})
    return net, rng.normal(size=(N, D)), rng.integers(0, C, N)


def test_scores_loss_and_gradients_by_hand(by_hand):
    # By hand: p = (e^3, 1) / (e^3 + 1); label 1 gives the loss log(e^3 + 1) and ds = (p, -p) with p = e^3 / (e^3 + 1).
    x, p = np.array([[1.0, 2.0]]), np.exp(3) / (np.exp(3) + 1)
    np.testing.assert_allclose(by_hand.loss(x), [[3, 0]])
    loss, grads = by_hand.loss(x, np.array([1]), reg=0.1)
    np.testing.assert_allclose(loss, np.log(np.exp(3) + 1) + 0.1 * (4 + 1 + 50 + 98), rtol=1e-14)
    np.testing.assert_allclose(grads["b2"], [p, -p], rtol=1e-14)
    W1, W2 = by_hand.params["W1"], by_hand.params["W2"]
    np.testing.assert_allclose(grads["W2"], np.outer([3, 0, 0], [p, -p]) + 0.2 * W2, rtol=1e-14)
    np.testing.assert_allclose(grads["b1"], [p, 0, 0], rtol=1e-14)  # dh = ds W2^T = (p, 0, 0)
    np.testing.assert_allclose(grads["W1"], np.outer([1, 2], [p, 0, 0]) + 0.2 * W1, rtol=1e-14)


def test_the_initial_loss_is_that_of_guessing():
    for C in (2, 10):
        net = TwoLayerNet(8, 6, C)
        X = np.random.default_rng(0).normal(size=(20, 8))
        assert net.loss(X, np.arange(20) % C)[0] == pytest.approx(np.log(C), abs=1e-5)


@pytest.mark.parametrize("reg", [0.0, 0.3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gradients_agree_with_differences(seed, reg):
    net, X, y = random_net(seed)
    _, grads = net.loss(X, y, reg)
    for name, w in net.params.items():
        report = check_gradient(lambda _: net.loss(X, y, reg)[0], w, grads[name])
        assert report.verdict == "pass", f"{name}: {report}"


def test_loss_and_gradients_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is the second oracle")
    net, X, y = random_net(4)
    loss, grads = net.loss(X, y, reg=0.2)
    params = {name: torch.tensor(w, requires_grad=True) for name, w in net.params.items()}
    hidden = torch.relu(torch.tensor(X) @ params["W1"] + params["b1"])
    data_loss = torch.nn.functional.cross_entropy(hidden @ params["W2"] + params["b2"], torch.tensor(y))
    (data_loss + 0.2 * (params["W1"] ** 2).sum() + 0.2 * (params["W2"] ** 2).sum()).backward()
    np.testing.assert_allclose(loss, (data_loss + 0.2 * sum((params[n] ** 2).sum() for n in ("W1", "W2"))).item())
    for name, w in params.items():
        np.testing.assert_allclose(grads[name], w.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_a_net_with_all_hidden_units_active_is_a_linear_classifier():
    # Assignment 1's loss is the oracle: X >= 0 and W1 the unit matrix give h = X.
    rng = np.random.default_rng(5)
    X, W2, y = rng.uniform(size=(9, 4)), rng.normal(size=(4, 3)), rng.integers(0, 3, 9)
    net = net_with(W1=np.eye(4), b1=np.zeros(4), W2=W2, b2=np.zeros(3))
    loss, grads = net.loss(X, y, reg=0.1)
    expected, dW2 = softmax_loss_vectorized(W2, X, y, 0.1)
    np.testing.assert_allclose(loss, expected + 0.1 * 4)
    np.testing.assert_allclose(grads["W2"], dW2)


def test_scores_of_1e4_and_a_unit_at_exactly_0():
    net, X, y = random_net(6)
    loss, grads = net.loss(1e4 * X, y)
    assert np.isfinite(loss)
    assert all(np.all(np.isfinite(g)) for g in grads.values())
    net.params["b1"][:] = 0
    assert not net.loss(0 * X, y)[1]["b1"].any()


def test_the_start_is_random_with_the_spread_that_was_asked_for():
    net, other = TwoLayerNet(100, 90, 80, std=0.03), TwoLayerNet(100, 90, 80, std=0.03)
    assert {name: w.shape for name, w in net.params.items()} == {
        "W1": (100, 90),
        "b1": (90,),
        "W2": (90, 80),
        "b2": (80,),
    }
    for name in ("W1", "W2"):
        assert net.params[name].std() == pytest.approx(0.03, rel=0.06)  # six standard errors at 7200 weights
        assert not np.array_equal(net.params[name], other.params[name])
    assert not net.params["b1"].any()
    assert not net.params["b2"].any()


def test_training_steps_and_decay_by_hand():
    # One image, batches of one: every step is the same gradient step, the rate halves after the steps 0, 1, 2.
    net, X, y = random_net(7, N=1)
    expected = {name: w.copy() for name, w in net.params.items()}
    history = net.train(X, y, X, y, learning_rate=0.1, learning_rate_decay=0.5, reg=0.01, num_iters=3, batch_size=1)
    copy = net_with(**expected)
    for rate in (0.1, 0.05, 0.025):
        _, grads = copy.loss(X, y, reg=0.01)
        copy.params = {name: w - rate * grads[name] for name, w in copy.params.items()}
    for name, w in copy.params.items():
        np.testing.assert_allclose(net.params[name], w, rtol=1e-13)
    assert [len(values) for values in history.values()] == [3, 3, 3]


def test_histories_have_one_accuracy_an_epoch_from_the_first_step_on():
    net, X, y = random_net(8, N=20)
    history = net.train(X, y, X[:5], y[:5], learning_rate=0.0, num_iters=21, batch_size=5)
    assert len(history["loss_history"]) == 21
    right = np.argmax(net.loss(X), axis=1) == y
    assert history["train_acc_history"] == [np.mean(right)] * 6
    assert history["val_acc_history"] == [np.mean(right[:5])] * 6


def test_only_verbose_prints(capsys):
    net, X, y = random_net(9)
    net.train(X, y, X, y, num_iters=2, batch_size=2)
    assert capsys.readouterr().out == ""
    net.train(X, y, X, y, num_iters=101, batch_size=2, verbose=True)
    assert capsys.readouterr().out.count("loss") == 2


def test_accuracy_on_digits():
    digits = data.load_digits(flatten=True)
    mean = digits.X_train.mean(axis=0)
    X_train, X_val, X_test = ((X - mean) / 16 for X in (digits.X_train, digits.X_val, digits.X_test))
    np.random.seed(0)
    net = TwoLayerNet(64, 50, 10, std=0.1)
    net.train(X_train, digits.y_train, X_val, digits.y_val, learning_rate=1.0, reg=1e-4, num_iters=600, batch_size=100)
    assert np.mean(net.predict(X_test) == digits.y_test) > 0.96


def test_tune_keeps_the_first_of_the_best():
    X = np.stack([np.zeros(10), np.arange(10) / 10], axis=1)
    nets, settings = ScriptedNets(), [{"learning_rate": rate} for rate in (0.31, 0.71, 0.55, 0.71)]
    created = []
    factory = lambda: created.append(nets()) or created[-1]  # noqa: E731
    best, accuracies = tune(factory, settings, X, np.zeros(10), X, np.zeros(10))
    assert best is created[1]
    assert nets.made == 4
    np.testing.assert_allclose(accuracies, [0.4, 0.8, 0.6, 0.8])
    assert tune(nets, [], X, X, X, X) == (None, [])


def test_the_probe_has_the_gradient_of_its_loss():
    rng = np.random.default_rng(0)
    net = probe_net(TwoLayerNet, *(rng.normal(size=s) for s in ((3, 4), 4, (4, 2), 2)))
    X, y = rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    _, grads = net.loss(X, y, reg=0.3)
    for name, w in net.params.items():
        assert check_gradient(lambda _: net.loss(X, y, reg=0.3)[0], w, grads[name]).verdict == "pass"
    assert len(net.ids) == len(net.labels) > 0


# Pictures and toy data.


@pytest.fixture
def plt():
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    yield plt
    plt.close("all")


def test_the_spiral_has_its_classes_on_arms_and_is_drawn_by_its_seed():
    X, y = experiments.make_spiral(50, 4, noise=0.0, seed=3)
    assert X.shape == (200, 2)
    np.testing.assert_array_equal(np.bincount(y), [50] * 4)
    # Without noise an arm is the one before it, turned by a quarter: (x, y) -> (y, -x).
    np.testing.assert_allclose(X[y == 1], X[y == 0] @ [[0, -1], [1, 0]], atol=1e-12)
    assert np.max(np.linalg.norm(X, axis=1)) == pytest.approx(1)
    noisy = [experiments.make_spiral(seed=seed)[0] for seed in (1, 1, 2)]
    assert np.array_equal(noisy[0], noisy[1])
    assert not np.array_equal(noisy[0], noisy[2])


def test_regions_are_those_that_are_predicted(plt):
    X, y = np.array([[1.0, 0], [-1, 0], [0, 1]]), np.array([0, 1, 1])
    ax = experiments.plot_regions(lambda points: (points[:, 0] < 0).astype(int), X, y, "halves")
    image = np.asarray(ax.images[0].get_array())
    assert (image[:, :120] == 1).all()
    assert (image[:, 120:] == 0).all()
    assert ax.get_title() == "halves"
    with pytest.raises(ChainruleError, match=r"expected X \(N, 2\) and y \(N,\), got \(3, 2\) and \(2,\)"):
        experiments.plot_regions(len, X, y[:2])


def test_hinges_lie_where_a_unit_is_0_and_point_to_its_side(plt):
    X, y = experiments.make_spiral(5)
    ax = experiments.plot_regions(lambda points: np.zeros(len(points)), X, y)
    W1, b1 = np.array([[2.0, 0], [1, 0]]), np.array([0.5, 1])
    experiments.plot_hinges(W1, b1, ax)
    (line,) = ax.lines  # a unit without weights has no line
    np.testing.assert_allclose(line.get_xydata() @ W1[:, 0] + b1[0], 0, atol=1e-12)
    (arrow,) = ax.texts
    assert np.array(arrow.xy) @ W1[:, 0] + b1[0] > 0.1  # its head; it starts on the line
    np.testing.assert_allclose(np.array(arrow.get_position()) @ W1[:, 0] + b1[0], 0, atol=1e-12)
    assert ax.get_xlim() == pytest.approx((-1.1, 1.1), abs=0.2)


def test_layers_are_drawn_with_their_names(plt):
    ax = experiments.draw_layers([64, 5, 3], ["image", "hidden", "scores"], ["W1", "W2"])
    texts = [text.get_text() for text in ax.texts]
    assert sorted(texts) == sorted(["image", "hidden", "scores", "W1", "W2", "⋮"])
    assert [len(layer.get_offsets()) for layer in ax.collections] == [4, 5, 3]
    ax.figure.canvas.draw()
    with pytest.raises(ChainruleError, match="expected 3 names and 2 links, got 3 and 1"):
        experiments.draw_layers([1, 2, 3], ["a", "b", "c"], ["W"])

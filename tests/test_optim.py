import itertools
from decimal import Decimal, getcontext

import matplotlib.pyplot as plt
import numpy as np
import pytest

from chainrule import optim
from chainrule.errors import ChainruleError
from chainrule.gradcheck import numerical_gradient
from chainrule.lessons import landscapes
from chainrule.optim import (
    adam,
    cosine_decay,
    exponential_decay,
    nesterov_momentum,
    rmsprop,
    sgd,
    sgd_momentum,
    step_decay,
)

RULES = (sgd, sgd_momentum, nesterov_momentum, rmsprop, adam)
per_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)


def grid(low, high):
    return np.linspace(low, high, 20).reshape(4, 5)


# The numbers that Stanford CS231n's assignment 2 prints for these inputs (first row of each), with 8 decimals.
PUBLISHED = {
    "sgd_momentum": (
        {"learning_rate": 1e-3, "velocity": grid(0.6, 0.9)},
        [0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789],
        {"velocity": [0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158]},
    ),
    "rmsprop": (
        {"learning_rate": 1e-2, "cache": grid(0.6, 0.9)},
        [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247],
        {"cache": [0.5976, 0.6126277, 0.6277108, 0.64284931, 0.65804321]},
    ),
    "adam": (
        {"learning_rate": 1e-2, "m": grid(0.6, 0.9), "v": grid(0.7, 0.5), "t": 5},
        [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
        {"m": [0.48, 0.49947368, 0.51894737, 0.53842105, 0.55789474], "v": [0.69966, 0.68908382, 0.67851319]},
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_values(name):
    config, expected, state = PUBLISHED[name]
    next_w, config = getattr(optim, name)(grid(-0.4, 0.6), grid(-0.6, 0.4), config)
    np.testing.assert_allclose(next_w[0], expected, rtol=0, atol=6e-9)
    for key, row in state.items():
        np.testing.assert_allclose(config[key][0, : len(row)], row, rtol=0, atol=6e-9)


def test_adams_first_steps_in_exact_arithmetic():
    # The formulas of Kingma and Ba (2015), algorithm 1, worked out with 40 decimal digits.
    getcontext().prec = 40
    one, b1, b2, eps = Decimal(1), Decimal("0.9"), Decimal("0.999"), Decimal("1e-8")
    w, m, v = one, Decimal(0), Decimal(0)
    got, config = np.ones(1), None
    for t, g in enumerate(("0.5", "-2", "0.125", "1000"), 1):
        m, v = b1 * m + (one - b1) * Decimal(g), b2 * v + (one - b2) * Decimal(g) ** 2
        w -= Decimal("0.001") * (m / (one - b1**t)) / ((v / (one - b2**t)).sqrt() + eps)
        got, config = adam(got, np.array([float(g)]), config)
        np.testing.assert_allclose(got[0], float(w), rtol=1e-15)
    assert config["t"] == 4


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_adams_first_step_is_the_learning_rate_whatever_the_gradient(size):
    next_w, _ = adam(np.zeros(2), size * np.array([1.0, -3.0]), {"learning_rate": 0.25})
    np.testing.assert_allclose(next_w, [-0.25, 0.25], rtol=2e-5)


def test_momentum_by_hand():
    # velocity: -0.1 * 1, then 0.5 * -0.1 - 0.1 * 1 = -0.15; Nesterov looks half a velocity ahead of each.
    config = {"learning_rate": 0.1, "momentum": 0.5}
    for rule, places in ((sgd, [-0.1, -0.2]), (sgd_momentum, [-0.1, -0.25]), (nesterov_momentum, [-0.15, -0.325])):
        w, state = np.zeros(1), config
        for place in places:
            w, state = rule(w, np.ones(1), state)
            np.testing.assert_allclose(w, place, rtol=1e-14)


def test_nesterov_is_the_textbook_form_at_the_lookahead_point():
    # v <- mu v - rate f'(x + mu v), x <- x + v (Sutskever et al., 2013), on f = sum(a x^2) / 2.
    a, mu, rate = np.array([1.0, 20.0]), 0.9, 0.03
    x, v = np.array([3.0, -1.0]), np.zeros(2)
    w, config = x.copy(), {"learning_rate": rate, "momentum": mu}
    for _ in range(30):
        v = mu * v - rate * a * (x + mu * v)
        x = x + v
        w, config = nesterov_momentum(w, a * w, config)
        np.testing.assert_allclose(w, x + mu * v, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(config["velocity"], v, rtol=1e-12, atol=1e-14)


TORCH = {
    "sgd": ("SGD", {"learning_rate": 0.1}, {"lr": 0.1}),
    "sgd_momentum": ("SGD", {"learning_rate": 0.1, "momentum": 0.8}, {"lr": 0.1, "momentum": 0.8}),
    "nesterov_momentum": (
        "SGD",
        {"learning_rate": 0.1, "momentum": 0.8},
        {"lr": 0.1, "momentum": 0.8, "nesterov": True},
    ),
    "rmsprop": ("RMSprop", {"learning_rate": 0.1, "epsilon": 0.01}, {"lr": 0.1, "alpha": 0.99, "eps": 0.01}),
    "adam": (
        "Adam",
        {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01},
        {"lr": 0.1, "betas": (0.8, 0.95), "eps": 0.01},
    ),
}


def both(name, gradients, rates):
    """Return our weights and PyTorch's after these gradients, with a learning rate for each step."""
    torch = pytest.importorskip("torch", reason="PyTorch is the second oracle; not installed")
    kind, config, settings = TORCH[name]
    w, start = np.ones(gradients.shape[1:]), dict(config)
    theirs = torch.ones(w.shape, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([theirs], **settings)
    for dw, rate in zip(gradients, rates, strict=True):
        w, start = getattr(optim, name)(w, dw, start | {"learning_rate": rate})
        theirs.grad, optimizer.param_groups[0]["lr"] = torch.tensor(dw), rate
        optimizer.step()
    return w, theirs.detach().numpy()


@pytest.mark.parametrize("name", TORCH)
def test_the_rules_agree_with_pytorch(name):
    gradients = np.random.default_rng(0).normal(size=(25, 3, 4))
    np.testing.assert_allclose(*both(name, gradients, [0.1] * 25), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["sgd_momentum", "nesterov_momentum"])
def test_pytorch_differs_where_the_rate_changes_since_its_velocity_leaves_the_rate_out(name):
    gradients, rates = np.random.default_rng(0).normal(size=(6, 3, 4)), [0.1, 0.1, 0.1, 0.01, 0.01, 0.01]
    ours, theirs = both(name, gradients, rates)
    assert np.max(np.abs(ours - theirs)) > 0.01


@per_rule
def test_inputs_stay_and_the_state_belongs_to_one_weight(rule):
    w, dw = np.random.default_rng(1).normal(size=(2, 3, 2))
    before = w.copy(), dw.copy()
    config_passed = {"learning_rate": 0.1}
    first, config = rule(w, dw, config_passed)
    rule(first, dw, config)
    np.testing.assert_array_equal((w, dw), before)
    assert config_passed == {"learning_rate": 0.1}
    np.testing.assert_array_equal(rule(w, dw, config_passed)[0], first)
    np.testing.assert_array_equal(rule(w, dw)[0], rule(w, dw)[0])


DEFAULTS = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "nesterov_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}


@per_rule
def test_defaults_are_those_of_the_course(rule):
    w, dw = np.random.default_rng(2).normal(size=(2, 3, 2))
    default, explicit = rule(w, dw), rule(w, dw, DEFAULTS[rule.__name__])
    for _ in range(3):
        default, explicit = rule(default[0], dw, default[1]), rule(explicit[0], dw, explicit[1])
    np.testing.assert_array_equal(default[0], explicit[0])
    assert DEFAULTS[rule.__name__].items() <= default[1].items()


@per_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_by_weights_and_state(rule, dtype):
    w, config = np.ones((2, 3), dtype), None
    for _ in range(3):
        w, config = rule(w, np.full_like(w, 0.5), config)
    assert w.dtype == dtype
    assert {value.dtype for value in config.values() if isinstance(value, np.ndarray)} <= {np.dtype(dtype)}


@per_rule
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e4])
def test_steps_are_finite_for_any_gradient(rule, size):
    w, config = np.ones(3), None
    for _ in range(5):
        w, config = rule(w, np.full(3, size), config)
    assert np.all(np.isfinite(w))


SCHEDULES = [
    (step_decay, {"drop": 0.3, "every": 4}, "StepLR", {"step_size": 4, "gamma": 0.3}),
    (exponential_decay, {"rate": 0.2}, "ExponentialLR", {"gamma": float(np.exp(-0.2))}),
    (cosine_decay, {"num_epochs": 12}, "CosineAnnealingLR", {"T_max": 12}),
]


@pytest.mark.parametrize(
    ("schedule", "settings", "kind", "theirs"), SCHEDULES, ids=lambda x: getattr(x, "__name__", "")
)
def test_schedules_agree_with_pytorch(schedule, settings, kind, theirs):
    torch = pytest.importorskip("torch", reason="PyTorch is the second oracle; not installed")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.7)
    scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **theirs)
    for epoch in range(13):
        expected = optimizer.param_groups[0]["lr"]
        np.testing.assert_allclose(schedule(0.7, epoch, **settings), expected, rtol=1e-12, atol=1e-15)
        optimizer.step()
        scheduler.step()


def test_schedules_by_hand():
    assert [step_decay(8, epoch, every=2) for epoch in range(7)] == [8, 8, 4, 4, 2, 2, 1]
    assert step_decay(1.0, 9) == 1.0
    assert step_decay(1.0, 10) == 0.5
    np.testing.assert_allclose(exponential_decay(2.0, 10), 2 / np.e, rtol=1e-15)
    # cos of 0, 60, 90, 180 degrees: 1, 1/2, 0, -1
    rates = [cosine_decay(4.0, epoch, 6) for epoch in (0, 2, 3, 6, 7, 100)]
    np.testing.assert_allclose(rates, [4, 3, 2, 0, 0, 0], atol=1e-15)


def test_a_rate_is_a_python_float_so_that_float32_weights_stay():
    for rate in (step_decay(0.1, 3), exponential_decay(0.1, 3), cosine_decay(0.1, 3, 9)):
        assert type(rate) is float
        assert sgd(np.ones(2, np.float32), np.ones(2, np.float32), {"learning_rate": rate})[0].dtype == np.float32


def test_every_rule_descends_a_ravine_and_momentum_is_faster_than_sgd():
    a = np.array([1.0, 30.0])
    rates = {"sgd": 0.03, "sgd_momentum": 0.03, "nesterov_momentum": 0.03, "rmsprop": 0.03, "adam": 0.1}
    height = {}
    for rule in RULES:
        w, config = np.array([-4.0, 1.0]), {"learning_rate": rates[rule.__name__]}
        for _ in itertools.repeat(None, 200):
            w, config = rule(w, a * w, config)
        height[rule.__name__] = np.sum(a * w**2) / 2
    assert max(height.values()) < 0.05
    assert height["nesterov_momentum"] < height["sgd_momentum"] < height["sgd"]


# The surfaces and races of the notebook.


@pytest.mark.parametrize("surface", [landscapes.ravine(), landscapes.ravine(9, turn=30), landscapes.saddle()])
def test_slopes_are_the_gradients_of_the_heights_and_vanish_at_the_goal(surface):
    for point in np.random.default_rng(0).normal(size=(5, 2)):
        numeric = numerical_gradient(lambda w: surface.height(*w), point)
        np.testing.assert_allclose(surface.slope(*point), numeric, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(surface.slope(*surface.goal), 0, atol=1e-15)


def test_a_path_down_the_ravine_by_hand():
    path = landscapes.descend(sgd, landscapes.ravine(10), (2.0, 1.0), 3, learning_rate=0.05)
    np.testing.assert_allclose(path, [(2 * 0.95**t, 0.5**t) for t in range(4)], rtol=1e-14)
    halved = landscapes.descend(
        sgd, landscapes.ravine(10), (2.0, 1.0), 2, learning_rate=0.1, schedule=lambda r, t: r / 2
    )
    np.testing.assert_allclose(halved, path[:3], rtol=1e-14)


def test_a_path_that_leaves_all_bounds_is_cut_and_a_wrong_rule_is_told():
    path = landscapes.descend(sgd, landscapes.ravine(), (1.0, 1.0), 500, learning_rate=1.0)
    assert 2 < len(path) < 100
    assert np.all(np.isfinite(path))
    with pytest.raises(ChainruleError, match=r"weights of shape \(2,\), got \(1,\)"):
        landscapes.descend(lambda w, dw, config: (w[:1], config), landscapes.ravine(), (1.0, 1.0), 2)


class Linear:
    """A minimal model for `Solver`: scores X W, mean squared distance to one-hot labels."""

    def __init__(self, scale=0.1):
        self.params = {"W": scale * np.random.randn(2, 2)}
        self.first = self.params["W"].copy()

    def loss(self, X, y=None):
        scores = X @ self.params["W"]
        if y is None:
            return scores
        off = scores - np.eye(2)[y]
        return np.mean(np.sum(off**2, axis=1)), {"W": 2 * X.T @ off / len(y)}


def test_a_race_starts_alike_and_a_rule_that_moves_wins():
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = (X[:, 0] > 0).astype(int)
    data = {"X_train": X[:40], "y_train": y[:40], "X_val": X[40:], "y_val": y[40:]}
    runs = landscapes.race(
        Linear, data, {"still": (sgd, {"learning_rate": 0.0}), "moves": (sgd, {"learning_rate": 0.2})}, 5, 10
    )
    np.testing.assert_array_equal(runs["still"].model.first, runs["moves"].model.first)
    assert runs["still"].loss_history[0] == runs["moves"].loss_history[0]
    assert runs["moves"].loss_history[-1] < 0.7 * runs["still"].loss_history[-1]
    tried = landscapes.try_each(Linear, (0.1, 0.1), data, sgd, {"learning_rate": 0.2}, 5, 10)
    assert tried[0] == tried[1] == runs["moves"].best_val_acc > 0.9


def test_pictures_show_every_path():
    surface = landscapes.ravine()
    paths = {rule.__name__: landscapes.descend(rule, surface, (-4.0, 1.0), 5) for rule in RULES}
    for draw in (landscapes.plot_paths, landscapes.plot_heights):
        legend = [text.get_text() for text in draw(surface, paths).get_legend().get_texts()]
        assert legend == list(paths)
    plt.close("all")

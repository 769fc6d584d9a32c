import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from chainrule.activations import elu_backward, elu_forward, tanh_backward, tanh_forward
from chainrule.errors import ChainruleError
from chainrule.gradcheck import numerical_gradient_array
from chainrule.layers import affine_backward, affine_forward, relu_backward, relu_forward, softmax_loss
from chainrule.lessons import signals

RELU = signals.Net(affine_forward, affine_backward, relu_forward, relu_backward, softmax_loss)
TANH = RELU._replace(forward=tanh_forward, backward=tanh_backward)


def two_clouds(seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 60)
    return rng.normal(size=(60, 3)) + 3 * y[:, None], y


def test_training_lowers_the_loss_and_goes_on_from_given_weights():
    X, y = two_clouds()
    params, losses = signals.train(RELU, X, y, 0.1, hidden=8, num_steps=40)
    assert len(losses) == 40
    assert losses[-1] < 0.5 * losses[0]
    _, more = signals.train(RELU, X, y, 0.1, num_steps=5, params=params)
    assert more[0] < losses[-1]  # the batch is all of X


def test_training_stops_at_a_loss_that_is_not_finite():
    X, y = two_clouds()
    _, losses = signals.train(RELU, X, y, 1e200, num_steps=50)
    assert len(losses) < 50
    assert not np.isfinite(losses[-1])


def test_the_share_of_dead_units_by_hand():
    # The inputs of the four units over both images: 1 and -1, -1 and -2, 0 and 0, 3 and 4.
    w = np.array([[1.0, -1, 0, 3], [-1, -2, 0, 4]])
    assert signals.dead_share(RELU, [w, np.zeros(4)], np.eye(2)) == 0.5


def test_sizes_of_gradients_are_those_of_numerical_ones():
    rng = np.random.default_rng(1)
    x, weights = rng.normal(size=(3, 4)), [0.5 * rng.normal(size=(4, 4)) for _ in range(3)]
    dout = np.random.default_rng(5).normal(size=(3, 4))  # as in gradient_sizes with seed 5
    outputs = signals.forward_signals(x, weights, tanh_forward)
    for layer, size in enumerate(signals.gradient_sizes(TANH, x, weights, seed=5)):

        def above(h, layer=layer):
            return signals.forward_signals(h, weights[layer + 1 :], tanh_forward)[-1] if layer < 2 else 1 * h

        gradient = numerical_gradient_array(above, outputs[layer], dout)
        assert size == pytest.approx(np.sqrt(np.mean(gradient**2)), rel=1e-8)


def test_histograms_leave_out_zeros_and_name_the_spread():
    h = np.array([0.0, 0, 0, 0.5, -0.5, 9])
    figure = signals.plot_signals({"one": [h, h], "two": [h, 0 * h]}, limits=(-1, 1), bins=4)
    assert [sum(bar.get_height() for bar in ax.patches) for ax in figure.axes] == [2, 2, 2, 0]
    assert figure.axes[1].get_title() == f"2: {np.std(h):.2f}"
    assert figure.axes[3].get_title() == "2: 0.00"
    plt.close(figure)


def test_networks_of_two_depths_are_refused():
    h = np.ones(3)
    with pytest.raises(ChainruleError, match=r"plot_signals: expected networks of one depth, got \[1, 2\] layers"):
        signals.plot_signals({"one": [h], "two": [h, h]})


def test_curves_show_the_function_and_its_slope():
    x = np.array([-1.0, 2.0])
    figure = signals.plot_activations({"ReLU": (relu_forward, relu_backward), "ELU": (elu_forward, elu_backward)}, x)
    curves = [ax.lines[0].get_ydata().tolist() for ax in figure.axes]
    assert curves[0] == [0, 2]
    assert curves[2] == [0, 1]
    assert curves[1] == pytest.approx([np.exp(-1) - 1, 2])
    assert curves[3] == pytest.approx([np.exp(-1), 1])
    plt.close(figure)


def test_curves_over_rates_and_layers_have_a_label_each():
    for ax in (
        signals.plot_dead([0.1, 1, 10], {"a": [0, 0.5, 1], "b": [0, 0, 0]}),
        signals.plot_sizes({"a": [1, 0.1], "b": [2, 3]}, "size"),
    ):
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
        plt.close(ax.figure)

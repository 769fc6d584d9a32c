"""Drawings of circuits: positions, and that nothing overlaps."""

from itertools import combinations

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from chainrule.errors import ChainruleError
from chainrule.lessons import graphs
from chainrule.lessons.graphs import draw_circuit, draw_graph
from chainrule.value import Value


@pytest.fixture(autouse=True)
def close():
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()  # what cannot be drawn, or warns, fails here
    plt.close("all")


PRODUCT = {"q": ("+", "x", "y"), "f": ("*", "q", "z")}
VALUES = {"x": -2, "y": 5, "z": -4, "q": 3, "f": -12}
GRADS = {"x": -4, "y": -4, "z": 3, "q": -4, "f": 1}

STAGED = {
    "s(y)": ("sigmoid", "y"),
    "top": ("+", "x", "s(y)"),
    "s(x)": ("sigmoid", "x"),
    "total": ("+", "x", "y"),
    "square": ("^2", "total"),
    "bottom": ("+", "s(x)", "square"),
    "f": ("/", "top", "bottom"),
}
STAGED_NAMES = ["x", "y", *STAGED]


def neuron():
    w, x = [Value(v, label=f"w{i}") for i, v in enumerate((2, -3, -3))], [Value(-1, label="x0"), Value(-2, label="x1")]
    f = (1 + (-(w[0] * x[0] + w[1] * x[1] + w[2])).exp()) ** -1
    f.backward()
    return f


def diamonds():
    x = Value(0.5, label="x")
    u = x * x + x
    v = u * x + u.tanh()
    f = v * u + x * v
    f.backward()
    return f


def texts_of(fig):
    return [text.get_text() for text in fig.axes[0].texts if text.get_text()]


def node_of(fig, box):
    """Return the position of a box, and the texts above and below it."""
    texts = fig.axes[0].texts
    place = next(text.get_position() for text in texts if text.get_text() == box)
    column = sorted(
        (t for t in texts if abs(t.get_position()[0] - place[0]) < 1e-9), key=lambda t: -t.get_position()[1]
    )
    near = [t.get_text() for t in column if abs(t.get_position()[1] - place[1]) < 0.3 and t.get_text()]
    return place, near


def patches(fig, kind):
    return [patch for patch in fig.axes[0].patches if isinstance(patch, kind)]


@pytest.mark.parametrize("name", graphs.__all__)
def test_every_public_name_exists(name):
    assert hasattr(graphs, name)


def test_value_above_and_gradient_below_every_node():
    fig = draw_circuit(PRODUCT, VALUES, GRADS, title="f = (x + y) z")
    for box, name in (("x", "x"), ("z", "z"), ("q: +", "q"), ("f: *", "f")):
        assert node_of(fig, box)[1] == [f"value {VALUES[name]}", box, f"grad {GRADS[name]}"]
    assert "f = (x + y) z" in texts_of(fig)
    assert len(patches(fig, FancyBboxPatch)) == 5


def test_gradients_may_be_left_out():
    assert not any("grad" in word for word in texts_of(draw_circuit(PRODUCT, VALUES)))
    assert [word for word in texts_of(draw_circuit(PRODUCT, VALUES, {"f": 1})) if "grad" in word] == ["grad 1"]


def test_numbers_are_short_and_arrays_are_shown_by_their_shape():
    values = {"W": np.zeros((2, 3)), "x": np.zeros(3), "q": np.float64(1 / 3), "f": "is a number"}
    texts = texts_of(draw_circuit({"q": ("W x", "W", "x"), "f": ("sum", "q")}, values))
    assert {"value of shape (2, 3)", "value of shape (3,)", "value 0.333", "value is a number"} <= set(texts)


def test_a_drawing_runs_from_left_to_right():
    fig = draw_circuit(STAGED, dict.fromkeys(STAGED_NAMES, 0.5), dict.fromkeys(STAGED_NAMES, 0.1))
    x = {name: node_of(fig, f"{name}: {STAGED[name][0]}" if name in STAGED else name)[0][0] for name in STAGED_NAMES}
    for out, (_, *inputs) in STAGED.items():
        assert all(x[name] < x[out] for name in inputs), out
    # Every wire is an arrow that goes to the right all the way.
    wires = patches(fig, FancyArrowPatch)
    assert len(wires) == sum(len(gate) - 1 for gate in STAGED.values())
    assert all(np.all(np.diff(wire._path_original.vertices[:, 0]) >= 0) for wire in wires)


def test_an_input_stands_next_to_where_it_is_used():
    fig = draw_circuit(PRODUCT, VALUES)
    assert node_of(fig, "z")[0][0] == node_of(fig, "q: +")[0][0]


def test_a_graph_of_values_shows_labels_and_operations():
    x = Value(3, label="x")
    f = x * x
    f.label = "f"
    f.backward()
    fig = draw_graph(f, title="Square")
    assert sorted(texts_of(fig)) == sorted(["value 3", "x", "grad 6", "value 9", "f: *", "grad 1", "Square"])
    assert len(patches(fig, FancyArrowPatch)) == 2  # both wires, though they join the same two nodes
    ends = {wire._path_original.vertices[-1][1] for wire in patches(fig, FancyArrowPatch)}
    assert len(ends) == 2
    assert texts_of(draw_graph(Value(1)))[0] == "number"


def test_a_students_value_needs_only_data_grad_and_children():
    class Mine:
        def __init__(self, data, *children):
            self.data, self.grad, self.children = data, 0, children

    assert texts_of(draw_graph(Mine(2, Mine(1)))).count("number") == 2


DRAWINGS = {
    "product": lambda: draw_circuit(PRODUCT, VALUES, GRADS, title="A circuit with a title"),
    "staged": lambda: draw_circuit(STAGED, dict.fromkeys(STAGED_NAMES, -1.23e-5), dict.fromkeys(STAGED_NAMES, -123.4)),
    "neuron": lambda: draw_graph(neuron()),
    "diamonds": lambda: draw_graph(diamonds()),
    "shapes": lambda: draw_circuit(
        {"q": ("W x + b", "W", "x", "b"), "f": ("half the sum of squares", "q")},
        {name: np.zeros((20, 30)) for name in ("W", "x", "b", "q", "f")},
        {name: np.zeros((20, 30)) for name in ("W", "x", "b", "q", "f")},
    ),
}


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_nothing_overlaps(drawing):
    fig = DRAWINGS[drawing]()
    fig.canvas.draw()
    # One unit is one inch, as the words were measured.
    np.testing.assert_allclose(fig.get_size_inches(), [np.ptp(fig.axes[0].get_xlim()), np.ptp(fig.axes[0].get_ylim())])
    texts = [text for text in fig.axes[0].texts if text.get_text()]
    nodes = len(patches(fig, FancyBboxPatch))
    assert nodes >= 5
    places = {text: text.get_window_extent() for text in texts}
    boxes = [box.get_window_extent() for box in patches(fig, FancyBboxPatch)]
    for one, other in combinations(texts, 2):
        assert not places[one].overlaps(places[other]), (one.get_text(), other.get_text())
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    figure_box = fig.bbox
    for text, place in places.items():
        assert figure_box.x0 <= place.x0 <= place.x1 <= figure_box.x1, text.get_text()
        assert figure_box.y0 <= place.y0 <= place.y1 <= figure_box.y1, text.get_text()
        # A text lies in one box, or in none.
        assert sum(box.overlaps(place) for box in boxes) == (not text.get_text().startswith(("value", "grad", "A ")))


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_no_wire_runs_through_a_text_or_another_box(drawing):
    fig = DRAWINGS[drawing]()
    fig.canvas.draw()
    ax = fig.axes[0]
    words_at = [text.get_window_extent() for text in ax.texts if text.get_text().startswith(("value", "grad"))]
    boxes = [box.get_window_extent().padded(-1) for box in patches(fig, FancyBboxPatch)]
    for wire in patches(fig, FancyArrowPatch):
        points = wire._path_original.interpolated(1).to_polygons(closed_only=False)[0]
        line = ax.transData.transform(np.array(points))
        dense = np.concatenate([np.linspace(a, b, 20) for a, b in zip(line[:-1], line[1:], strict=True)])
        for place in words_at + boxes:
            inside = (dense > (place.x0, place.y0)) & (dense < (place.x1, place.y1))
            assert not inside.all(axis=1).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_circuit({}, {}), "expected at least one gate, got none"),
        (lambda: draw_circuit(PRODUCT, {"x": 1}), "expected a value for every name, got none for 'y'"),
        (lambda: draw_circuit(PRODUCT, VALUES | {"w": 1}), "expected values of x, y, q, z, f, got one of 'w'"),
        (lambda: draw_circuit(PRODUCT, VALUES, {"w": 1}), "expected grads of x, y, q, z, f, got one of 'w'"),
        (lambda: draw_circuit({"a": ("+", "b"), "b": ("+", "a")}, {"a": 1, "b": 1}), "without loops"),
        (lambda: draw_graph(3.0), "expected a Value, got a float without data"),
        (lambda: draw_graph(sum((Value(1) for _ in range(70)), Value(0))), "expected at most 60 nodes"),
    ],
)
def test_misuse_gets_one_line(call, message):
    with pytest.raises(ChainruleError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert plt.get_fignums() == []

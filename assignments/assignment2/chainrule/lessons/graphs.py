"""Draw a circuit as a graph, inputs on the left: the value above each node, the gradient below it.

`draw_circuit` draws a circuit described by its gates, `draw_graph` the one a `Value` was computed by. Both return
the figure; as the last line of a notebook cell write `plt.show()`.

The places come from igraph's layered layout (Sugiyama, Tagawa and Toda, 1981). A wire that passes a column of nodes
keeps a row of its own there, so wires cross neither boxes nor words.
"""

import igraph
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from chainrule.errors import ChainruleError
from chainrule.plotting import COLOURS, INK, TEXT

__all__ = ["draw_circuit", "draw_graph"]

# Lengths in inches.
BOX, ROW, GAP, MARGIN = 0.3, 0.9, 0.55, 0.15
MOST = 60  # nodes; more would be unreadable
VALUE, GRAD = COLOURS[0], COLOURS[1]


def draw_circuit(gates, values, grads=None, title=None):
    """The circuit of `gates`, {name of the output: (what it does, input, input, ...)}; the figure.

    f = (x + y) z, say, is {"q": ("+", "x", "y"), "f": ("*", "q", "z")}. Names that are no gate's output are inputs.
    values: {name: number, array (drawn as its shape) or text} for every name; grads: the same for some of them.
    """
    if not gates:
        raise ChainruleError("draw_circuit: expected at least one gate, got none")
    inputs = [name for _, *names in gates.values() for name in names]
    names = list(dict.fromkeys([*inputs, *gates]))
    grads = grads or {}
    for argument, numbers in (("values", values), ("grads", grads)):
        if unknown := sorted(set(numbers) - set(names)):
            raise ChainruleError(f"draw_circuit: expected {argument} of {', '.join(names)}, got one of {unknown[0]!r}")
    if missing := [name for name in names if name not in values]:
        raise ChainruleError(f"draw_circuit: expected a value for every name, got none for {missing[0]!r}")
    boxes = [f"{name}: {gates[name][0]}" if name in gates else str(name) for name in names]
    edges = [(names.index(name), names.index(out)) for out, (_, *used) in gates.items() for name in used]
    return _draw(boxes, edges, [values[n] for n in names], [grads.get(n) for n in names], title, "draw_circuit")


def draw_graph(root, title=None):
    """The circuit by which `root` was computed, a Value with data, grad, children, op and label; the figure."""
    nodes, stack = {}, [root]
    while stack:
        node = stack.pop()
        if absent := [name for name in ("data", "grad", "children") if not hasattr(node, name)]:
            raise ChainruleError(f"draw_graph: expected a Value, got a {type(node).__name__} without {absent[0]}")
        if id(node) not in nodes:
            nodes[id(node)] = node
            stack.extend(reversed(node.children))
            _require_few(len(nodes), "draw_graph")
    index = {key: k for k, key in enumerate(nodes)}
    edges = [(index[id(child)], index[key]) for key, node in nodes.items() for child in node.children]
    labels = [(str(getattr(node, "label", "")), str(getattr(node, "op", ""))) for node in nodes.values()]
    boxes = [": ".join(filter(None, pair)) or "number" for pair in labels]
    data, grads = ([getattr(node, name) for node in nodes.values()] for name in ("data", "grad"))
    return _draw(boxes, edges, data, grads, title, "draw_graph")


def _require_few(count, function):
    if count > MOST:
        raise ChainruleError(f"{function}: expected at most {MOST} nodes, got more; draw a part of the circuit")


def _draw(boxes, edges, values, grads, title, function):
    """The figure of a graph. boxes: texts; edges: pairs (from, to) of numbers of boxes; values, grads: of the boxes."""
    _require_few(len(boxes), function)
    graph = igraph.Graph(n=len(boxes), edges=edges, directed=True)
    if not graph.is_dag():
        raise ChainruleError(
            f"{function}: expected a circuit without loops, got one in which a value depends on itself"
        )
    above = [f"value {_short_text(value)}" for value in values]
    below = ["" if grad is None else f"grad {_short_text(grad)}" for grad in grads]
    half = [_width(box) / 2 + 0.1 for box in boxes]
    widths = [max(2 * h, _width(a), _width(b)) for h, a, b in zip(half, above, below, strict=True)]

    layers = _layers(graph)
    layout = graph.layout_sugiyama(layers=layers)
    left, right = _columns(np.array(layers), np.array(widths))
    x = (left + right)[layers] / 2
    y = -ROW * np.array(layout.coords)[:, 0]
    bends = [[(int(layer), -ROW * row) for row, layer in wire] for wire in layout.edge_routing]
    arrivals = [wire[-1][1] if wire else y[start] for wire, (start, _) in zip(bends, edges, strict=True)]

    fig, ax = _canvas(right[-1], [*y, *(height for wire in bends for _, height in wire)], title)
    for k, box in enumerate(boxes):
        _draw_node(ax, x[k], y[k], half[k], box, above[k], below[k])
    for number, (start, end) in enumerate(edges):
        height = y[end] + _port(number, edges, arrivals)
        begin = [(x[start] + half[start], y[start]), (right[layers[start]], y[start])]
        through = [(edge[layer], level) for layer, level in bends[number] for edge in (left, right)]
        _draw_wire(ax, [*begin, *through, (left[layers[end]], height), (x[end] - half[end], height)])
    return fig


def _draw_node(ax, x, y, half, box, above, below):
    """A box with a text in it, one above and one below."""
    look = {"boxstyle": "round,pad=0,rounding_size=0.08", "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
    ax.add_patch(FancyBboxPatch((x - half, y - BOX / 2), 2 * half, BOX, zorder=2, **look))
    for text, height, colour, align in (
        (box, y, INK, "center_baseline"),
        (above, y + BOX / 2 + 0.04, VALUE, "bottom"),
        (below, y - BOX / 2 - 0.04, GRAD, "top"),
    ):
        ax.text(x, height, text, color=colour, fontsize=TEXT, ha="center", va=align, zorder=3)


def _draw_wire(ax, stops):
    """An arrow through the stops: level in the columns, bent in the gaps between them."""
    points, codes = [stops[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in zip(stops[:-1], stops[1:], strict=True):
        if x1 - x0 < 1e-6:  # the widest box of its column: there is nothing to cross, and a head needs a direction
            continue
        bend = (x0 + x1) / 2
        points += [(bend, y0), (bend, y1), (x1, y1)]
        codes += [Path.CURVE4] * 3
    look = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.1}
    ax.add_patch(FancyArrowPatch(path=Path(points, codes), color="#777777", fill=False, zorder=1, **look))


def _short_text(value):
    """A number with three digits, an array as its shape, a text unchanged."""
    if isinstance(value, str):
        return value
    return f"{value:.3g}" if np.ndim(value) == 0 else f"of shape {np.shape(value)}"


def _width(text):
    """The width of a text in inches."""
    return TextPath((0, 0), text, size=TEXT).get_extents().width / 72 if text.strip() else 0.0


def _columns(layers, widths):
    """The left and the right end of every column of nodes; wires turn in the gaps between them."""
    wide = np.array([np.max(widths[layers == layer], initial=0.2) for layer in range(layers.max() + 1)])
    right = np.cumsum(wide + GAP) - GAP
    return right - wide, right


def _layers(graph):
    """The column of every node: gates as far left as their inputs allow, inputs just before they are first used."""
    layers = [0] * graph.vcount()
    for node in graph.topological_sorting():
        layers[node] = max((layers[k] + 1 for k in graph.predecessors(node)), default=0)
    for node in range(graph.vcount()):
        if not graph.indegree(node) and graph.outdegree(node):
            layers[node] = min(layers[k] for k in graph.successors(node)) - 1
    return layers


def _port(number, edges, arrivals):
    """How far above the middle of its box a wire ends: wires that enter one box keep their order from top to bottom."""
    wires = sorted((-arrivals[k], k) for k, (_, end) in enumerate(edges) if end == edges[number][1])
    place = wires.index((-arrivals[number], number))
    return ((len(wires) - 1) / 2 - place) * min(0.14, 0.24 / len(wires))


def _canvas(width, heights, title):
    """A figure in which one unit is one inch, so that words take the room that was measured."""
    low, high = min(heights) - ROW / 2, max(heights) + ROW / 2 + (0.25 if title else 0)
    fig = plt.figure(figsize=(width + 2 * MARGIN, high - low))
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-MARGIN, width + MARGIN), ylim=(low, high))
    ax.axis("off")
    if title:
        ax.text(0, high - 0.08, title, color=INK, fontsize=TEXT + 2, ha="left", va="top")
    return fig, ax

"""Tasks of backprop.ipynb: the walk of `Value` backward through the circuit."""

from autograder.tasks.assignment2.value import draw_numbers, task
from autograder.tasks.spec import gradients, mistake, values

__all__ = ["TASKS"]

# backward is judged on circuits made by hand, so that it does not matter whether the operations are right:
# join(out, (child, slope), ...) makes a node of the weighted sum of others.
JOIN = """
feed = lambda out, parts: [setattr(c, "grad", c.grad + slope * out.grad) for c, slope in parts]
make = lambda out, parts: [setattr(out, "_backward", lambda: feed(out, parts)), out][1]
join = lambda *parts: make(Value(sum(s * c.data for c, s in parts), [c for c, _ in parts]), parts)
A, B = Value(a), Value(b)
"""

CHAIN = (
    JOIN
    + """
C = join((A, p))
D = join((C, q))
D.backward()
grads = [node.grad for node in (A, C, D)]
"""
)

# C feeds E directly and through D, and A enters everywhere, early and late.
SHARED = """
C = join((A, p), (B, q))
D = join((C, r), (A, p))
E = join((D, q), (C, p), (A, r))
F = join((E, p), (C, r), (D, r))
"""

DIAMONDS = (
    JOIN
    + SHARED
    + """
loss = F.data
F.backward()
da, db = A.grad, B.grad
grads = [node.grad for node in (C, D, E, F)]
"""
)

TWICE = (
    JOIN
    + SHARED
    + """
E.backward()
F.backward()
F.backward()
grads = [node.grad for node in (A, B, C, D, E, F)]
"""
)

# Also with the children in the other order: neither depth first nor breadth first from the root will do by chance.
MIRRORED = (
    JOIN
    + """
C = join((B, q), (A, p))
D = join((A, p), (C, r))
E = join((A, r), (C, p), (D, q))
F = join((D, r), (C, r), (E, p))
F.backward()
grads = [node.grad for node in (A, B, C, D, E, F)]
"""
)

DEEP = (
    JOIN
    + """
node = A
for _ in range(1200):
    node = join((node, 1.0), (B, p))
node.backward()
grads = [A.grad, B.grad]
"""
)

draw_slopes = draw_numbers("a", "b", "p", "q", "r")

backward = task(
    "backward",
    DIAMONDS,
    draw_slopes,
    (
        values("a chain", 1, "grads", call=CHAIN, cases=2),
        gradients("Values used several times, against numeric", 1, {"da": "a", "db": "b"}),
        values("every Value on the way", 1, "grads", cases=2),
        values("children in another order", 0.5, "grads", call=MIRRORED, cases=2),
        values("a second call gives the same", 0.5, "grads", call=TWICE, cases=2),
        values("1200 gates deep", 1, "grads", call=DEEP, cases=1),
    ),
    (
        mistake(
            "root_zero",
            "the grad of the Value itself stays 0: d(self)/d(self) is 1, and everything is multiplied by it",
        )(("self.grad = 1.0", "self.grad = 0.0")),
        mistake("root_data", "the walk starts with the number of the Value itself: d(self)/d(self) is 1")(
            ("self.grad = 1.0", "self.grad = self.data")
        ),
        mistake(
            "forwards",
            "the gradient stops at the children of the Value itself: visit all, from the end to the beginning",
        )(("reversed(order)", "order")),
        mistake(
            "preorder", "a Value passes its grad on before all that was made from it has been visited: sort them first"
        )(("stack.append((node, True))", "order.insert(0, node)")),
        mistake(
            "breadth_first",
            "the Values are visited in the order of their distance from the end: one used again further on is visited too early",
        )(("stack.pop()", "stack.pop(0)"), ("stack.append((node, True))", "order.insert(0, node)")),
        mistake("no_seen", "a Value that is used several times is visited several times: remember which were seen")(
            ("seen.add(node)", "pass")
        ),
        mistake("adds_up", "a second call adds to the grads of the first: set them to 0 at the beginning")(
            ("node.grad = 0.0", "pass")
        ),
        mistake("first_child", "only the first child of each Value is followed")(
            ("in node.children)", "in node.children[:1])")
        ),
        mistake("last_child", "only the last child of each Value is followed")(
            ("in node.children)", "in node.children[-1:])")
        ),
        mistake(
            "cleared_late", "the grad of a Value is set to 0 when it is visited: by then it holds what came back to it"
        )(("        node._backward()", "        node.grad = float(node is self)\n        node._backward()")),
    ),
)

TASKS = (backward,)

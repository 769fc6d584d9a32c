"""Tasks of backprop.ipynb: the operations of `Value`, and its walk backward through the circuit."""

from autograder.tasks.spec import Task, gradients, mistake, values
from chainrule import value

__all__ = ["TASKS"]

ONE = """
A = Value(a)
out = {}
data = out.data
loss = data * dout
out.grad = dout
out._backward()
da = A.grad
linked = [c is A for c in out.children]
"""

TWO = """
A, B = Value(a), Value(b)
out = {}
data = out.data
loss = data * dout
out.grad = dout
out._backward()
da, db = A.grad, B.grad
linked = [c is A for c in out.children] + [c is B for c in out.children]
"""

NUMBER = """
A = Value(a)
out = {}
data = out.data
out.grad = dout
out._backward()
da = A.grad
"""

# What is in grad already has come along other ways.
ADDED = """
A, B = Value(a), Value(b)
out = {}
A.grad, B.grad, out.grad = a0, b0, dout
out._backward()
da, db = A.grad, B.grad
"""


def draw_numbers(*names):
    def draw(rng):
        drawn = rng.uniform(0.3, 2.0, len(names)) * rng.choice([-1, 1], len(names))
        return dict(zip(names, drawn.tolist(), strict=True))

    return draw


def task(method, call, draw, checks, mistakes):
    return Task(f"Value.{method}", value, "assignment2", "backprop", call, draw, checks, mistakes)


def binary(method, sign, mistakes):
    expression = f"A {sign} B"
    return task(
        method,
        TWO.format(expression),
        draw_numbers("a", "b", "dout"),
        (
            values("value and children", 0.5, "data", "linked"),
            gradients("gradients against numeric", 0.5, {"da": "a", "db": "b"}),
            values(
                "adds to the grad that is there",
                0.5,
                "da",
                "db",
                call=ADDED.format(expression),
                draw=draw_numbers("a", "b", "a0", "b0", "dout"),
            ),
            values(
                "one Value used twice, and a plain number",
                0.5,
                "data",
                "da",
                "twice",
                call=NUMBER.format(f"A {sign} 1.5")
                + f"D = Value(a)\nout = D {sign} D\nout.grad = dout\nout._backward()\ntwice = D.grad",
                draw=draw_numbers("a", "dout"),
            ),
        ),
        mistakes,
    )


def unary(method, draw, large, mistakes):
    call = ONE.format(f"A.{method}()")
    return task(
        method,
        call,
        draw,
        (
            values("value and child", 0.5, "data", "linked"),
            gradients("gradient against numeric", 0.5, {"da": "a"}),
            values(
                "adds to the grad that is there",
                0.5,
                "da",
                "db",
                call=ADDED.format(f"A.{method}()"),
                draw=draw_numbers("a", "b", "a0", "b0", "dout"),
            ),
            values(*large),
        ),
        mistakes,
    )


OVERWRITTEN = "grad is overwritten (`=`), expected added to (`+=`): what came along other ways is lost"
NO_UPSTREAM = "out.grad, what comes from above, is not used: the local derivative is to be multiplied by it"
NO_CHILDREN = "the new Value does not know its children: hand them to Value, or backward cannot find them"

add = binary(
    "__add__",
    "+",
    (
        mistake("overwritten", OVERWRITTEN)(("+=", "=")),
        mistake("other_overwritten", "the grad of other is overwritten (`=`), expected added to (`+=`)")(
            ("other.grad +=", "other.grad =")
        ),
        mistake("no_upstream", NO_UPSTREAM)(("+= out.grad", "+= 1.0")),
        mistake("one_side", "only self gets a gradient: a sum hands it on to other too")(
            ("other.grad += out.grad", "pass")
        ),
        mistake("no_children", NO_CHILDREN)(("(self, other), ", "(), ")),
        mistake("minus", "the gradient at other has a minus sign: that belongs to a difference")(
            ("other.grad += out.grad", "other.grad -= out.grad")
        ),
        mistake("like_product", "each gets the other's number times out.grad: that is the rule of a product")(
            ("self.grad += out.grad", "self.grad += other.data * out.grad"),
            ("other.grad += out.grad", "other.grad += self.data * out.grad"),
        ),
        mistake("product", "the numbers are multiplied, expected added")(
            ("self.data + other.data", "self.data * other.data")
        ),
    ),
)

mul = binary(
    "__mul__",
    "*",
    (
        mistake("overwritten", OVERWRITTEN)(("+=", "=")),
        mistake("not_switched", "each gets its own number times out.grad: a product gives it the other's")(
            ("self.grad += other.data", "self.grad += self.data"),
            ("other.grad += self.data", "other.grad += other.data"),
        ),
        mistake("no_upstream", NO_UPSTREAM)((" * out.grad", "")),
        mistake("one_side", "only self gets a gradient: a product has two factors")(
            ("other.grad += self.data * out.grad", "pass")
        ),
        mistake("no_children", NO_CHILDREN)(("(self, other), ", "(), ")),
        mistake("like_sum", "out.grad is handed on unchanged: that is the rule of a sum")(
            ("other.data * out.grad", "out.grad"), ("self.data * out.grad", "out.grad")
        ),
        mistake("uses_grad", "the grad of the other factor is used, expected its number, data")(
            ("other.data * out.grad", "other.grad * out.grad"), ("self.data * out.grad", "self.grad * out.grad")
        ),
        mistake("sum", "the numbers are added, expected multiplied")(
            ("self.data * other.data", "self.data + other.data")
        ),
    ),
)

SLOPE = "exponent * self.data ** (exponent - 1)"


def draw_power(rng):
    return draw_numbers("a", "dout")(rng) | {"n": int(rng.choice([2, 3, 4, 5]))}


def draw_fraction(rng):
    """A power that is no whole number, of a positive base; and a negative one."""
    return {
        "a": float(rng.uniform(1.2, 3)),
        "dout": float(rng.normal()),
        "n": float(rng.choice([0.5, 1.5, -0.5, -1.0, -2.0])),
    }


def draw_added_power(rng):
    return draw_numbers("a", "b", "a0", "b0", "dout")(rng) | {"n": 3}


power = task(
    "__pow__",
    ONE.format("A**n"),
    draw_power,
    (
        values("value and child", 0.5, "data", "linked"),
        gradients("gradient against numeric", 0.5, {"da": "a"}),
        values("adds to the grad that is there", 0.5, "da", "db", call=ADDED.format("A**n"), draw=draw_added_power),
        gradients("fractions and negative exponents", 0.5, {"da": "a"}, draw=draw_fraction, cases=4),
    ),
    (
        mistake("overwritten", OVERWRITTEN)(("+=", "=")),
        mistake("no_exponent", "the factor n is missing: the derivative of x^n is n x^(n-1)")(
            (SLOPE, "self.data ** (exponent - 1)")
        ),
        mistake("not_lowered", "the exponent is not lowered by 1: the derivative of x^n is n x^(n-1)")(
            (SLOPE, "exponent * self.data**exponent")
        ),
        mistake("multiplied", "this is n x, expected x to the power n")(
            ("Value(self.data**exponent", "Value(self.data * exponent")
        ),
        mistake("base_and_exponent", "base and exponent are swapped: this is n^x, expected x^n")(
            ("Value(self.data**exponent", "Value(abs(exponent) ** self.data")
        ),
        mistake("no_upstream", NO_UPSTREAM)((" * out.grad", "")),
        mistake("no_children", NO_CHILDREN)(("(self,), ", "(), ")),
        mistake("always_square", "the derivative is that of x^2, whatever the exponent is")((SLOPE, "2 * self.data")),
        mistake(
            "factor_lowered", "the factor is n - 1: the derivative of x^n is n x^(n-1), with the old exponent in front"
        )((SLOPE, "(exponent - 1) * self.data ** (exponent - 1)")),
    ),
)

LARGE = """
results = [{}, {}]
for out in results:
    out.grad = dout
    out._backward()
data = [out.data for out in results]
da = [out.children[0].grad for out in results]
"""

draw_exponent = draw_numbers("a", "dout")

exp = unary(
    "exp",
    draw_exponent,
    ("far out: -800 and 300", 0.5, "data", "da"),
    (
        mistake("overwritten", OVERWRITTEN)(("+=", "=")),
        mistake("power_rule", "x e^(x-1) is the rule for powers: the derivative of e^x is e^x itself")(
            ("out.data * out.grad", "self.data * math.exp(self.data - 1) * out.grad")
        ),
        mistake("times_x", "x is used as the derivative, expected e^x")(
            ("out.data * out.grad", "self.data * out.grad")
        ),
        mistake("no_upstream", NO_UPSTREAM)(("out.data * out.grad", "out.data")),
        mistake("constant", "out.grad is handed on unchanged, expected multiplied by e^x")(
            ("out.data * out.grad", "out.grad")
        ),
        mistake("no_children", NO_CHILDREN)(("(self,), ", "(), ")),
        mistake("base_two", "this is a power of 2, expected of e")(("math.exp(self.data)", "2.0**self.data")),
        mistake("negative", "this is e^-x, expected e^x")(("math.exp(self.data)", "math.exp(min(-self.data, 300))")),
        mistake("exp_of_grad", "e^x is computed from out.grad, expected from the data of this Value")(
            ("out.data * out.grad", "math.exp(out.grad)")
        ),
    ),
)

tanh = unary(
    "tanh",
    draw_exponent,
    ("far out: -800 and 800", 0.5, "data", "da"),
    (
        mistake("overwritten", OVERWRITTEN)(("+=", "=")),
        mistake("input_squared", "1 - x^2 is computed from the input, expected 1 - t^2 with the output t = tanh(x)")(
            ("1 - out.data**2", "1 - self.data**2")
        ),
        mistake("sigmoid_slope", "t (1 - t) is the rule of the sigmoid; that of tanh is 1 - t^2")(
            ("1 - out.data**2", "out.data * (1 - out.data)")
        ),
        mistake("not_squared", "the derivative is 1 - t^2: t is not squared")(("1 - out.data**2", "1 - out.data")),
        mistake("no_one", "the derivative is 1 - t^2: the 1 - is missing")(("(1 - out.data**2)", "out.data**2")),
        mistake("no_upstream", NO_UPSTREAM)((" * out.grad", "")),
        mistake("no_children", NO_CHILDREN)(("(self,), ", "(), ")),
        mistake("sigmoid", "this is the sigmoid, expected tanh(x) = 2 s(2x) - 1")(
            ("math.tanh(self.data)", "1 / (1 + math.exp(-max(self.data, -700)))")
        ),
        mistake("half_argument", "this is 2 s(x) - 1 = tanh(x / 2): the argument of s is 2x")(
            ("math.tanh(self.data)", "math.tanh(self.data / 2)")
        ),
    ),
)


def with_large(made, expression):
    """The task with the call of its last check, whose inputs are the extreme ones."""
    *others, last = made.checks
    call = LARGE.format(*expression)
    options = {"call": call, "draw": draw_numbers("dout"), "cases": 2, "strict": "extremes"}
    found = values(last.name, last.points, *last.outputs, **options)
    return Task(
        made.name, made.module, made.assignment, made.notebook, made.call, made.draw, (*others, found), made.mistakes
    )


exp = with_large(exp, ("Value(-800.0).exp()", "Value(300.0).exp()"))
tanh = with_large(tanh, ("Value(-800.0).tanh()", "Value(800.0).tanh()"))

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

TASKS = (add, mul, power, exp, tanh, backward)

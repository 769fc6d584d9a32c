"""Tasks of backprop.ipynb: the operations of `Value`."""

from dataclasses import replace

from autograder.tasks.spec import Task, gradients, mistake, values
from chainrule import value

__all__ = ["TASKS", "draw_numbers", "task"]

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
            large,
        ),
        mistakes,
    )


OVERWRITTEN = "grad is overwritten (`=`), expected added to (`+=`): what came along other ways is lost"
NO_UPSTREAM = "out.grad, what comes from above, is not used: the local derivative is to be multiplied by it"
NO_CHILDREN = "the new Value does not know its children: pass them to Value, or backward cannot find them"

add = binary(
    "__add__",
    "+",
    (
        mistake("overwritten", OVERWRITTEN)(("+=", "=")),
        mistake("other_overwritten", "the grad of other is overwritten (`=`), expected added to (`+=`)")(
            ("other.grad +=", "other.grad =")
        ),
        mistake("no_upstream", NO_UPSTREAM)(("+= out.grad", "+= 1.0")),
        mistake("one_side", "only self gets a gradient: a sum passes it on to other too")(
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
        mistake("like_sum", "out.grad is passed on unchanged: that is the rule of a sum")(
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
    """A fractional power of a positive base; and a negative power."""
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
    values("far out: -800 and 300", 0.5, "data", "da"),
    (
        mistake("overwritten", OVERWRITTEN)(("+=", "=")),
        mistake("power_rule", "x e^(x-1) is the rule for powers: the derivative of e^x is e^x itself")(
            ("out.data * out.grad", "self.data * math.exp(self.data - 1) * out.grad")
        ),
        mistake("times_x", "x is used as the derivative, expected e^x")(
            ("out.data * out.grad", "self.data * out.grad")
        ),
        mistake("no_upstream", NO_UPSTREAM)(("out.data * out.grad", "out.data")),
        mistake("constant", "out.grad is passed on unchanged, expected multiplied by e^x")(
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
    values("far out: -800 and 800", 0.5, "data", "da", proves=False),
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


def with_extremes(task, expression):
    """Return the task with a new call in its last check, the one on extreme inputs."""
    *other_checks, last_check = task.checks
    call = LARGE.format(*expression)
    options = {"call": call, "draw": draw_numbers("dout"), "cases": 2, "strict": "extremes"}
    return replace(task, checks=(*other_checks, replace(last_check, **options)))


exp = with_extremes(exp, ("Value(-800.0).exp()", "Value(300.0).exp()"))
tanh = with_extremes(tanh, ("Value(-800.0).tanh()", "Value(800.0).tanh()"))

TASKS = (add, mul, power, exp, tanh)

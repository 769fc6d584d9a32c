"""Describe a task once, for the visible checks and the hidden tests alike.

A `Task` says how to call the student's code, how to draw inputs, what is checked for how many points, and which
mistakes are known by name. `values`, `gradient`, `gradients`, `untouched`, `growth` and `memory` build its checks;
`mistake` describes a wrong variant of the reference solution. `exam_of` turns a task and a seed into inputs and
expected outputs.
"""

import ast
import inspect
import textwrap
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from autograder.errors import SpecError
from autograder.tasks.split import split_call
from autograder.tasks.strictness import apply_strictness
from chainrule.check import resolve_task
from chainrule.gradcheck import numerical_gradient
from chainrule.judging import runner
from chainrule.judging.compare import VIEWS, same
from chainrule.judging.derive import extents
from chainrule.judging.exam import Case, Check, Exam

__all__ = [
    "CheckSpec",
    "Mistake",
    "Task",
    "exam_of",
    "gradient",
    "gradients",
    "growth",
    "memory",
    "mistake",
    "task_factory",
    "untouched",
    "values",
]

NUMERIC_RTOL = 1e-5  # central differences with h = 1e-5 keep about seven digits; students get two less


@dataclass(frozen=True)
class Mistake:
    """A wrong variant of the reference: text replacements in its source, and the message for the student."""

    name: str
    message: str
    edits: tuple


@dataclass(frozen=True)
class CheckSpec:
    """A check before its inputs are drawn. gradients: {output: (loss output, input it is the gradient for)}.

    strict: the kind of strictness that its values test ("extremes"); `autograder.tasks.strictness` fills in kinds and
    costs. proves: False where constants, or an input handed back, would be right (see `chainrule.judging.exam.Check`).
    """

    name: str
    points: float
    outputs: tuple = ()
    draw: Callable | None = None
    call: str = ""
    cases: int = 3
    kind: str = "values"
    gradients: tuple = ()
    rtol: float = 1e-6
    atol: float = 0.0
    view: str = ""
    layout: str = "C"
    limit: float = 0.0
    strict: str = ""
    kinds: dict = field(default_factory=dict, hash=False)
    costs: dict = field(default_factory=dict, hash=False)
    proves: bool = True


@dataclass(frozen=True)
class Task:
    """A function or method that a student writes. name: its qualified name in `module`, which holds the reference."""

    name: str
    module: object
    assignment: str
    notebook: str
    call: str
    draw: Callable
    checks: tuple
    mistakes: tuple

    def __post_init__(self):
        object.__setattr__(self, "checks", apply_strictness(self.checks, self.call))

    @property
    def points(self):
        return round(sum(check.points for check in self.checks), 6)

    @property
    def test_id(self):
        """The grade_id of the notebook cell that tests this task."""
        return "test_" + self.solution_id

    @property
    def solution_id(self):
        """The grade_id of the notebook cell in which the task is solved."""
        return self.name.replace(".", "-")

    def source(self):
        """Return the text of the reference function, not indented."""
        return textwrap.dedent(inspect.getsource(resolve_task(self.name, vars(self.module))))

    def source_with_mistake(self, mistake):
        """Return the text of the reference function with a Mistake in it; SpecError if an edit does not apply."""
        text = self.source()
        for old, new in mistake.edits:
            if old not in text:
                raise SpecError(f"{self.name}, mistake {mistake.name}: expected {old!r} in the reference, not found")
            text = text.replace(old, new)
        return text


def task_factory(assignment, notebook, module):
    """Return a function that makes Tasks of one notebook: task(name, call, draw, checks, mistakes)."""
    return lambda name, *fields: Task(name, module, assignment, notebook, *fields)


def values(name, points, *outputs, **options):
    """Compare outputs with those of the reference."""
    return CheckSpec(name, points, outputs, **options)


def gradient(name, points, output, loss, variable, **options):
    """Compare an output with the gradient of the loss as the reference computes it, verified numerically."""
    return gradients(name, points, {output: variable}, loss, **options)


def gradients(name, points, variables, loss="loss", **options):
    """Compare several outputs in one check: {output: the input it is the gradient for}."""
    pairs = tuple((output, loss, variable) for output, variable in variables.items())
    return CheckSpec(name, points, tuple(variables), gradients=pairs, **{"rtol": NUMERIC_RTOL} | options)


def untouched(points, *inputs, **options):
    """Check that the inputs hold the same values after the call as before."""
    name = f"{', '.join(inputs)} left unchanged"
    return CheckSpec(name, points, inputs, cases=1, kind="untouched", **options)


def growth(points, small, large, name="vectorised over N"):
    """Check that the work done in Python does not grow with N. small, large: draw functions for two sizes N."""
    return CheckSpec(name, points, draw=(small, large), kind="growth", cases=2, rtol=NUMERIC_RTOL)


def memory(name, points, draw, limit):
    """Check that the call never allocates more than limit bytes at one time."""
    return CheckSpec(name, points, draw=draw, kind="memory", cases=1, limit=limit, rtol=NUMERIC_RTOL)


def mistake(name, message):
    """Return a function that takes pairs (text in the reference, replacement) and returns the Mistake."""
    return lambda *edits: Mistake(name, message, edits)


def exam_of(task, seed):
    """Return an Exam: the inputs of a task drawn from a seed, with the expected outputs."""
    checks = tuple(_check(task, index, check, seed) for index, check in enumerate(task.checks))
    return Exam(task.name, checks, {m.name: m.message for m in task.mistakes})


def _check(task, index, spec, seed):
    cases = tuple(_case(task, spec, (seed, zlib.crc32(task.name.encode()), index, n)) for n in range(spec.cases))
    fields = ("name", "points", "kind", "rtol", "atol", "view", "limit", "kinds", "costs", "proves")
    return Check(cases=cases, gradients=_variables(task, spec, cases), **{n: getattr(spec, n) for n in fields})


def _variables(task, spec, cases):
    """{output: the input it is a gradient for}; in a check of values such as dW that no check compares numerically."""
    compared = {output: variable for check in task.checks for output, _, variable in check.gradients}
    named = {name: name[1:] for name in spec.outputs if name.startswith("d") and name[1:] in cases[0].inputs}
    if spec.kind != "values" or spec.gradients or not compared:
        return {output: variable for output, _, variable in spec.gradients}
    return {output: variable for output, variable in named.items() if output not in compared}


def _case(task, spec, entropy):
    draw = spec.draw or task.draw
    draw = draw[entropy[-1]] if isinstance(draw, tuple) else draw
    call = spec.call or task.call
    for attempt in range(50):
        inputs = draw(np.random.default_rng([*entropy, attempt]))
        if spec.kind in ("growth", "memory"):
            return Case(call, inputs, _outputs(task, call, inputs, _compared(task, call, inputs)))
        expected = _outputs(task, call, inputs, spec.outputs)
        numeric = {out: _numeric(task, call, inputs, loss, var) for out, loss, var in spec.gradients}
        # A kink between the two points of a central difference makes it wrong; then other inputs are drawn.
        if all(same(expected[name], value, NUMERIC_RTOL / 10) for name, value in numeric.items()):
            # The analytic gradient is stored once the numerical one confirms it: it has no rounding noise.
            wrong = _Mistakes(task, spec, call, inputs, expected)
            return Case(call, inputs, expected, wrong, spec.layout, *_split(task, call, inputs, spec.outputs))
    raise SpecError(f"{task.name}, {spec.name}: the reference's gradient and the numerical one never agree")


def _compared(task, call, inputs):
    """The outputs of a call that checks of values compare."""
    checks = [check for check in task.checks if check.kind == "values" and (check.call or task.call) == call]
    return list(dict.fromkeys(name for check in checks for name in check.outputs if name not in inputs))


def _split(task, call, inputs, outputs):
    """Return (head, returned, after, extents) of a Case: see there. All empty if the call as a whole is asked."""
    objects = frozenset()
    while split := split_call(call, tuple(inputs), tuple(outputs), objects):
        if shapes := _shapes(task, split.call, inputs, split.returned):
            known = [_shapes(task, call, inputs, [name]).get(name, []) for name in split.known]
            return split.call, shapes, split.after, extents(known)
        objects |= {name for name in split.returned if not _shapes(task, split.call, inputs, [name])}
    return "", {}, "", []


def _shapes(task, call, inputs, names):
    """{name: shape} of what the reference leaves in variables, empty unless all are plain arrays."""
    try:
        return {name: list(array.shape) for name, array in _outputs(task, call, inputs, names).items()}
    except runner.BadReply:
        return {}


def _outputs(task, call, inputs, outputs, mistake=None):
    """Run the reference, or a mistake, with a fixed seed of np.random; return {output: array}."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        return runner.execute(call, inputs, outputs, _namespace(task, mistake))
    finally:
        np.random.set_state(state)


def _numeric(task, call, inputs, loss, variable):
    forward = _up_to(loss, call)

    def f(value):
        return _outputs(task, forward, inputs | {variable: value}, [loss])[loss].item()

    return numerical_gradient(f, inputs[variable])


@cache
def _up_to(name, call):
    """Return the statements of a call up to the last one that sets a variable; later ones are not needed for it."""
    body = ast.parse(call).body
    assignments = [i for i, statement in enumerate(body) if any(_sets(node, name) for node in ast.walk(statement))]
    return ast.unparse(ast.Module(body[: assignments[-1] + 1], [])) if assignments else call


def _sets(node, name):
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


class _Mistakes(Mapping):
    """{mistake: {output: wrong array}} of a case, computed on access, because a correct answer needs none.

    Mistakes that make no difference on these inputs, or raise on them, are left out.
    """

    def __init__(self, task, spec, call, inputs, expected):
        self.case = task, call, inputs, spec.outputs
        self.expected, self.tolerance, self.view = expected, (spec.rtol, spec.atol), VIEWS[spec.view]
        self.mistakes, self.computed = {m.name: m for m in task.mistakes}, {}

    def __getitem__(self, name):
        if name not in self.computed:
            self.computed[name] = self._wrong_outputs(self.mistakes[name])
        if not self.computed[name]:
            raise KeyError(name)
        return self.computed[name]

    def _wrong_outputs(self, mistake):
        try:
            outputs = _outputs(*self.case, mistake)
        except Exception:
            return {}
        return {
            name: array
            for name, array in outputs.items()
            if not same(self.view(array), self.view(self.expected[name]), *self.tolerance)
        }

    def __iter__(self):
        return (name for name in self.mistakes if name in self)

    def __len__(self):
        return sum(1 for _ in self)


@cache
def _code(task, mistake):
    return compile(task.source_with_mistake(mistake), f"<{task.name}: {mistake.name}>", "exec")


def _namespace(task, mistake=None):
    """The names of the reference module; with a mistake, the task's function is replaced by its wrong variant.

    A new namespace each time: a mistake may be that a function remembers its last call.
    """
    names = dict(vars(task.module))
    if mistake is not None:
        scope = dict(names)
        exec(_code(task, mistake), scope)
        *owner, function = task.name.split(".")
        if owner:
            base = names[owner[0]]
            names[owner[0]] = type(base.__name__, (base,), {function: scope[function]})
        else:
            names = scope
    return names

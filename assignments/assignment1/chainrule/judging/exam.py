"""The cases of a task and their expected outputs, by value: arrays and text, no code of a solution.

`Exam` holds the checks of a task, `Check` its cases, `Case` one call with inputs and expected outputs; `save_exams` and
`load_exams` write and read the answer key of an assignment.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass

import numpy as np

__all__ = ["COSTS", "Case", "Check", "Exam", "load_exams", "save_exams"]


COSTS = ("steps", "views", "peak")


@dataclass(frozen=True)
class Case:
    """One call: its text, its inputs, the expected outputs, and what each named mistake would return.

    mistakes: {name: {output: array}}; an output that a mistake gets right is left out.
    head, returned, after: where something can be worked out from what the student's code returns, `head` is run beside
    that code instead of all of `call`, the arrays of `returned` {name: shape} come back, and `after` is run on them.
    extents: the sizes, from the last axis on, of the largest array that `after` uses beside them.
    """

    call: str
    inputs: dict
    expected: dict
    mistakes: Mapping = field(default_factory=dict)
    layout: str = "C"
    head: str = ""
    returned: Mapping = field(default_factory=dict)
    after: str = ""
    extents: list = field(default_factory=list)

    @property
    def asked(self):
        """(what is run beside the student's code, the names of the arrays that come back)."""
        return (self.head, list(self.returned)) if self.after else (self.call, list(self.expected))

    @property
    def measured(self):
        """The names of what comes back where the call is measured (see `runner.measure`)."""
        return [*COSTS, *(f"{cost} of {name}" for cost in COSTS for name in self.expected)]


@dataclass(frozen=True)
class Check:
    """A few cases that earn points together.

    kind: "values" compares outputs, "untouched" inputs after the call, "growth" the work done in Python at two sizes,
    "memory" the peak in bytes; both compare the outputs of the runs that are measured as well.
    proves: a right answer shows that the task was worked on. Constants, or what an input handed back is right for, do
    not: such checks, and all kinds but "values", earn points only where a check that proves is right.
    view: what an output is reduced to before it is compared ("abs", "gram"; see `compare.VIEWS`).
    gradients: {output: the input it is a gradient for}.
    kinds: {output: kind of strictness}, costs: {kind: points}. Where no other output is wrong, only these are lost.
    """

    name: str
    points: float
    cases: tuple
    kind: str = "values"
    rtol: float = 1e-6
    atol: float = 0.0
    view: str = ""
    limit: float = 0.0
    gradients: Mapping = field(default_factory=dict)
    kinds: Mapping = field(default_factory=dict)
    costs: Mapping = field(default_factory=dict)
    proves: bool = True


@dataclass(frozen=True)
class Exam:
    """All checks of a task. messages: {name of a named mistake: its message}."""

    task: str
    checks: tuple
    messages: dict

    @property
    def points(self):
        return round(sum(check.points for check in self.checks), 6)


def save_exams(path, exams):
    """Write exams to an .npz file: one JSON text that refers to arrays by name."""
    arrays = {}

    def pack(value):
        if is_dataclass(value):
            value = vars(value)
        if isinstance(value, Mapping):
            return {key: pack(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [pack(item) for item in value]
        if isinstance(value, np.ndarray | np.generic):
            array = np.asarray(value)
            key = hashlib.sha256(f"{array.dtype}{array.shape}".encode() + array.tobytes()).hexdigest()[:16]
            arrays[key] = array
            return {"@": key}
        return value

    text = json.dumps(pack([{"task": e.task, "checks": e.checks, "sentences": e.messages} for e in exams]))
    np.savez_compressed(path, exams=np.frombuffer(text.encode(), np.uint8), **arrays)


def load_exams(path):
    """Return {task name: Exam} from a file of `save_exams`. Nothing in it is executed or unpickled."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}

    def unpack(value):
        if isinstance(value, dict):
            return arrays[value["@"]] if "@" in value else {key: unpack(item) for key, item in value.items()}
        return [unpack(item) for item in value] if isinstance(value, list) else value

    loaded = unpack(json.loads(arrays["exams"].tobytes()))
    return {packed["task"]: _exam(packed) for packed in loaded}


def _exam(packed):
    checks = [Check(**{**check, "cases": tuple(Case(**case) for case in check["cases"])}) for check in packed["checks"]]
    return Exam(packed["task"], tuple(checks), packed["sentences"])

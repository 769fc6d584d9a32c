"""Mutants that no check was made for: those of the other correct solutions, in tests/variants.

The checks of a task were tuned on mutants of its reference. The share of these that is killed estimates that of
unseen wrong code. A survivor may be equivalent to the solution it was made from: they were not reviewed one by one.
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass, field

from autograder.tasks.spec import exam_of

from .answers import lookup, variants_of, with_source
from .measure import verdict_or_none
from .operators import mutants_of

__all__ = ["HeldOut", "measure_variants"]


@dataclass
class HeldOut:
    """The mutants of the correct solutions of a task: how many lost points with each seed, and the survivors."""

    task: str
    assignment: str
    mutants: int = 0
    killed: int = 0
    survivors: list = field(default_factory=list)

    def __str__(self):
        survivors = "".join(f"\n  {text}".replace("\n", "\n    ") for text in self.survivors)
        return f"{self.task}: {self.killed} of {self.mutants} mutants of other correct solutions killed{survivors}"


def measure_variants(task, seeds):
    """Return the HeldOut of a task."""
    exams = {seed: exam_of(task, seed) for seed in seeds}
    report = HeldOut(task.name, task.assignment)
    for stem, names in variants_of(task).items():
        for mutant in mutants_of(_source(lookup(names, task.name), task.name)):
            altered = with_source(names, task.name, mutant.text)
            survived = any(_full(verdict_or_none(exam, altered, seed)) for seed, exam in exams.items())
            report.mutants += 1
            report.killed += not survived
            report.survivors += [f"{stem}, {mutant.kind}:\n{mutant.diff}"] if survived else []
    return report


def _source(function, name):
    """Return the source of a function under the name of the task; that of a lambda cannot be mutated."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if not isinstance(tree.body[0], ast.FunctionDef):
        return "def none():\n    pass"
    tree.body[0].name = name.rpartition(".")[2]
    return ast.unparse(tree)


def _full(verdict):
    return verdict is not None and verdict.passed

"""Mutants that no check was made for: those of the other right solutions, in tests/variants.

The checks of a task were sharpened on mutants of its reference. How many of these are killed says what to expect of
wrong code that nobody has seen. What survives may be as right as the solution it was made of: nobody looked at each.
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass, field

from autograder.tasks.spec import exam_of

from .answers import changed, found, variants_of
from .measure import verdict_or_none
from .operators import mutants_of

__all__ = ["HeldOut", "measure_variants"]


@dataclass
class HeldOut:
    """How many mutants of the right solutions of a task lost points with each seed, and the others."""

    task: str
    assignment: str
    mutants: int = 0
    killed: int = 0
    survivors: list = field(default_factory=list)

    def __str__(self):
        shown = "".join(f"\n  {text}".replace("\n", "\n    ") for text in self.survivors)
        return f"{self.task}: {self.killed} of {self.mutants} mutants of other right solutions killed{shown}"


def measure_variants(task, seeds):
    """Return the HeldOut of a task."""
    exams = {seed: exam_of(task, seed) for seed in seeds}
    report = HeldOut(task.name, task.assignment)
    for stem, names in variants_of(task).items():
        for mutant in mutants_of(_source(found(names, task.name), task.name)):
            altered = changed(names, task.name, mutant.text)
            survived = any(_full(verdict_or_none(made, altered, seed)) for seed, made in exams.items())
            report.mutants += 1
            report.killed += not survived
            report.survivors += [f"{stem}, {mutant.kind}:\n{mutant.diff}"] if survived else []
    return report


def _source(function, name):
    """The text of a function under the name of the task; a lambda has none that could be changed."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if not isinstance(tree.body[0], ast.FunctionDef):
        return "def none():\n    pass"
    tree.body[0].name = name.rpartition(".")[2]
    return ast.unparse(tree)


def _full(verdict):
    return verdict is not None and verdict.passed

"""The answer key: the exams of the visible checks, with inputs drawn from one fixed seed."""

from collections.abc import Mapping
from functools import cache

from autograder import specs
from autograder.spec import exam_of
from autograder.specs import of_assignment, task_named
from chainrule.judging.exam import save_exams

__all__ = ["VISIBLE_SEED", "visible_exams", "write_key"]

VISIBLE_SEED = 20


class _Exams(Mapping):
    """{task name: Exam} for all tasks, each made when it is asked for."""

    def __getitem__(self, name):
        return _exam(name)

    def __contains__(self, name):
        return any(task.name == name for task in specs.TASKS)

    def __iter__(self):
        return (task.name for task in specs.TASKS)

    def __len__(self):
        return len(specs.TASKS)


@cache
def _exam(name):
    return exam_of(task_named(name), VISIBLE_SEED)


def visible_exams():
    """Return {task name: Exam} for all tasks."""
    return _Exams()


def write_key(path, assignment):
    """Write the answer key of an assignment to an .npz file."""
    save_exams(path, [_exam(name) for name in of_assignment(assignment)])

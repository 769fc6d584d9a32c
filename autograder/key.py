"""The answer key: the exams of the visible checks, with inputs drawn from one fixed seed."""

from functools import cache

from autograder.spec import exam_of
from autograder.specs import TASKS, of_assignment
from chainrule.judging.exam import save_exams

__all__ = ["VISIBLE_SEED", "visible_exams", "write_key"]

VISIBLE_SEED = 20


@cache
def visible_exams():
    """Return {task name: Exam} for all tasks."""
    return {task.name: exam_of(task, VISIBLE_SEED) for task in TASKS}


def write_key(path, assignment):
    """Write the answer key of an assignment to an .npz file."""
    save_exams(path, [exam_of(task, VISIBLE_SEED) for task in of_assignment(assignment).values()])

"""Every task of the course, in the order of the notebooks. A new task goes into the module of its topic."""

from autograder.errors import UsageError
from autograder.specs import divergences, neighbors, penalties, preprocessing, softmax, svm, training

__all__ = ["TASKS", "of_assignment", "task_named"]

TASKS = (
    *neighbors.TASKS,
    *preprocessing.TASKS,
    *svm.TASKS,
    *training.TASKS,
    *softmax.TASKS,
    *penalties.TASKS,
    *divergences.TASKS,
)


def of_assignment(assignment):
    """Return the tasks of an assignment, by name."""
    return {task.name: task for task in TASKS if task.assignment == assignment}


def task_named(name):
    """Return a task by its name."""
    for task in TASKS:
        if task.name == name:
            return task
    raise UsageError(f"task: expected one of {', '.join(t.name for t in TASKS)}; got {name!r}")

"""Every task of the course, in the order of the notebooks. A new task goes into the module of its topic.

The modules of an assignment are loaded when it is asked for: a process that grades one needs no other. `TASKS` is all.
"""

from functools import cache
from importlib import import_module

from autograder.errors import UsageError

__all__ = ["TASKS", "of_assignment", "task_named"]

TOPICS = {
    "assignment1": ("neighbors", "preprocessing", "svm", "training", "softmax", "penalties", "divergences"),
    "assignment2": ("gates", "circuits", "deltas", "value", "two_layer"),
    "assignment3": (
        *("layers", "activations", "initializers", "optim", "fc_net"),
        *("norm", "dropout", "augment", "conv", "convnet"),
    ),
    "assignment4": ("rnn", "embedding", "temporal", "clipping", "lstm", "gru", "captioning"),
    "assignment5": ("visualize", "style", "fast_style", "gan", "gan_losses", "gan_nets"),
}


def __getattr__(name):
    if name == "TASKS":
        return _all_tasks()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _all_tasks():
    return tuple(task for assignment in TOPICS for task in of_assignment(assignment).values())


@cache
def of_assignment(assignment):
    """Return the tasks of an assignment, by name."""
    topics = [import_module(f"{__name__}.{topic}") for topic in TOPICS.get(assignment, ())]
    return {task.name: task for topic in topics for task in topic.TASKS}


def task_named(name):
    """Return a task by its name."""
    for task in _all_tasks():
        if task.name == name:
            return task
    raise UsageError(f"task: expected one of {', '.join(t.name for t in _all_tasks())}; got {name!r}")

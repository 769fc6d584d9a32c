"""Every task of the course, in the order of the notebooks. A new task goes into the module of its topic.

The folders beside this file are the assignments; course.toml lists the modules of each in order, as its `specs`. They
are loaded on first use, so that grading one assignment imports no other. `TASKS` holds all tasks.
"""

from functools import cache
from importlib import import_module

from autograder import tasks
from autograder.course_table import course_table
from autograder.errors import UsageError

__all__ = ["TASKS", "of_assignment", "task_named", "topics_of"]  # noqa: F822  TASKS is made by __getattr__


def __getattr__(name):
    if name == "TASKS":
        return _all_tasks()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _all_tasks():
    return tuple(task for assignment in course_table() for task in of_assignment(assignment).values())


def topics_of(assignment):
    """Return the modules that define the tasks of an assignment, each with a tuple TASKS; [] for an unknown one."""
    if assignment not in course_table():
        return []
    folder = f"{tasks.__name__}.{assignment}"
    return [import_module(f"{folder}.{topic}") for topic in course_table()[assignment].specs]


@cache
def of_assignment(assignment):
    """Return {name: Task} of an assignment; {} for an unknown one."""
    return {task.name: task for topic in topics_of(assignment) for task in topic.TASKS}


def task_named(name):
    """Return the Task with this name; UsageError if there is none."""
    for task in _all_tasks():
        if task.name == name:
            return task
    raise UsageError(f"task: expected one of {', '.join(t.name for t in _all_tasks())}; got {name!r}")

"""List every task with its notebook, points, checks and mistakes."""

import json

from autograder.commands.arguments import add_json

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    add_json(parser)


def run(arguments):
    from autograder.tasks.catalog import TASKS

    if arguments.json:
        print(json.dumps([_as_dict(task) for task in TASKS], indent=1))
        return 0
    for t in TASKS:
        print(f"{t.assignment}/{t.notebook}: {t.name}, {t.points:g} points")
        for c in t.checks:
            print(f"    {c.points:g}  {c.name}")
        print(f"    named mistakes: {', '.join(m.name for m in t.mistakes)}")
    points, checks = sum(t.points for t in TASKS), sum(len(t.checks) for t in TASKS)
    print(f"{len(TASKS)} tasks, {points:g} points, {checks} checks, {sum(len(t.mistakes) for t in TASKS)} mistakes")
    return 0


def _as_dict(task):
    return {
        "task": task.name,
        "assignment": task.assignment,
        "notebook": task.notebook,
        "points": task.points,
        "checks": [{"name": c.name, "points": c.points} for c in task.checks],
        "mistakes": [{"name": m.name, "says": m.message} for m in task.mistakes],
    }

"""Judge functions of a plain file as hidden tests would."""

import json
import secrets
import sys

from autograder.commands.arguments import add_json, add_sandbox, options_of, seed
from autograder.errors import MachineError, UsageError
from autograder.names import printable

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    parser.add_argument("files", nargs="+", metavar="FILE.py")
    parser.add_argument("--task", action="append", help="only this task; may be given several times")
    parser.add_argument("--seed", type=seed, help="the seed of an earlier verdict, to reproduce it")
    add_sandbox(parser)
    add_json(parser)


def run(arguments):
    from autograder.plainfile.files import read_python
    from autograder.plainfile.judge import judge_file
    from autograder.sandbox.bubblewrap import require_sandbox
    from autograder.tasks.catalog import task_named

    for name in arguments.task or ():
        task_named(name)
    for path in arguments.files:
        read_python(path)
    if arguments.sandbox == "bwrap":
        require_sandbox()
    used_seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    rows, problems = [], []
    for path in arguments.files:
        try:
            verdicts = judge_file(path, options_of(arguments), used_seed, arguments.task)
        except (UsageError, MachineError) as error:  # the other files are judged all the same
            problems.append(error)
            continue
        rows += [_as_dict(path, verdict) for verdict in verdicts]
        if not arguments.json:
            _print(path, verdicts, arguments.task or ())
    if rows:
        print(json.dumps(rows, indent=1) if arguments.json else f"seed {used_seed}")
    for error in problems:
        print(f"autograder: {printable(error)}", file=sys.stderr)
    return (2 if any(isinstance(error, UsageError) for error in problems) else 1) if problems else 0


def _as_dict(path, verdict):
    return {"file": str(path)} | verdict.as_dict() | ({} if verdict.attempted else {"attempted": False})


def _print(path, verdicts, names):
    for verdict in verdicts:
        print(*map(printable, str(verdict).split("\n")), sep="\n")
    print(f"{printable(path)}: {_summary(verdicts, names)}")


def _summary(verdicts, names):
    """One line on the verdicts of a file. names: the tasks that were asked for."""
    attempted = [v for v in verdicts if v.attempted]
    score, points = sum(v.score for v in verdicts), sum(v.points for v in verdicts)
    blank = [v.task for v in verdicts if not v.attempted]
    missing = [name for name in names if name not in {v.task for v in verdicts}]
    parts = [f"{len(attempted)} task{'s' * (len(attempted) != 1)} judged, {score:g} of {points:g} points"]
    parts += [
        f"{word}: {', '.join(names)}" for word, names in (("not attempted", blank), ("missing", missing)) if names
    ]
    return "; ".join(parts)

"""Reproduce a verdict and show what was wrong: inputs, answers, expected values."""

import json
import sys
from pathlib import Path

from autograder.commands.arguments import add_json, add_sandbox, course_of, options_of, seed
from autograder.errors import UsageError
from autograder.names import printable

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    parser.add_argument("what", metavar="ASSIGNMENT|FILE.py|VERDICTS.json", help="what `grade` or `judge` judged")
    parser.add_argument("--student", help="of an assignment: whose verdicts")
    parser.add_argument("--task", help="only this task (default: those that lost points)")
    parser.add_argument("--seed", type=seed, help="of a FILE.py: the seed of the verdict")
    parser.add_argument(
        "--file", action="append", help="of VERDICTS.json: a FILE.py that it names and that is elsewhere"
    )
    parser.add_argument("--script", metavar="NEW.py", help="write a script that fails as the answer does")
    add_sandbox(parser)
    add_json(parser)


def run(arguments):
    from autograder.replay.script import require_new_file, write_script
    from autograder.replay.show import as_dict, as_text
    from autograder.replay.verdicts import verdict_for_script
    from autograder.sandbox.bubblewrap import require_sandbox

    if arguments.script is not None:
        require_new_file(Path(arguments.script))
    if arguments.sandbox == "bwrap":
        require_sandbox()
    replayed = _replay(arguments)
    if arguments.json:
        print(json.dumps(list(map(as_dict, replayed)), indent=1))
    else:
        text = "\n\n".join(map(as_text, replayed)) or "no task lost points; name one with --task"
        print(*map(printable, text.split("\n")), sep="\n")
    if arguments.script is not None:
        files = write_script(arguments.script, verdict_for_script(replayed))
        names = ", ".join(map(printable, files)) or "nothing to write: no check failed"
        print(f"script: {names}", file=sys.stderr if arguments.json else sys.stdout)
    return 1 if any(verdict.differences() for verdict in replayed) else 0


def _replay(arguments):
    """Return the Replayed verdicts for the arguments."""
    from autograder.plainfile.files import read_python
    from autograder.replay.verdicts import replay_file, replay_list, replay_record

    what, student, task = arguments.what, arguments.student, arguments.task
    kind = Path(what).suffix.lower()
    _require(not arguments.file or kind == ".json", "--file with VERDICTS.json alone")
    if what == "-":
        read_python(what, "replay")
    if kind in (".py", ".ipynb"):
        _require(arguments.seed is not None and student is None, "--seed N, and no --student, with a FILE.py")
        return replay_file(what, options_of(arguments), arguments.seed, task)
    neither = arguments.seed is None and student is None
    if kind == ".json":
        _require(neither, "neither --seed nor --student with VERDICTS.json: it holds the seeds")
        return replay_list(what, options_of(arguments), task, arguments.file or ())
    _require(arguments.seed is None and student is not None, "--student S, and no --seed, with an assignment")
    course = course_of(arguments)
    return replay_record(course, what, student, options_of(arguments, course), task)


def _require(condition, expected):
    if not condition:
        raise UsageError(f"replay: expected {expected}")

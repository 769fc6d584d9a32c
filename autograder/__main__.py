"""The command line: `autograder tasks | release | leaks | sync | grade | report | judge | replay | doctor | demo`."""

import argparse
import json
import locale
import os
import secrets
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from autograder.errors import MachineError, UsageError
from autograder.home import ensure_home
from autograder.naming import shown
from chainrule.errors import ChainruleError

__all__ = ["main"]

SANDBOX = "none runs students' code without a sandbox, and the verdicts say so (default: bwrap)"


def main(argv=None):
    """Run a command; return 0 (done), 1 (a finding) or 2 (usage)."""
    if argv is None:
        _read_names_as_utf8()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names need not be text
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # those of nbgrader's database layer say nothing to an instructor
    try:
        arguments, more = _parser().parse_known_args(argv)
        if more:
            arguments.parser.error(f"expected no more arguments, got {' '.join(more):.100}")
        ensure_home()
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads has enough, as `head` does; Python would flush once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except UsageError as error:
        print(f"autograder: {shown(error)}", file=sys.stderr)
        return 2
    except ChainruleError as error:
        print(f"autograder: {shown(error)}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        said = f"{where}expected this machine to let it be, got {error.strerror or error}"
        print(f"autograder: {shown(said)}; mend that and run this again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("autograder: stopped; what was graded is recorded, run it again to go on", file=sys.stderr)
        return 1


def _read_names_as_utf8():
    """Start again in Python's UTF-8 mode where the locale would read names and files in another encoding.

    So the same folders are the same students everywhere. What is printed stays in the encoding of the terminal.
    """
    if sys.getfilesystemencoding() != "utf-8" or locale.getpreferredencoding(False).lower() != "utf-8":
        encoding = os.environ.get("PYTHONIOENCODING") or f"{sys.stdout.encoding}:backslashreplace"
        environment = os.environ | {"PYTHONUTF8": "1", "PYTHONIOENCODING": encoding}
        os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        said = message.replace("the following arguments are required: ", "expected more arguments, got no ")
        command = self.prog.partition(" ")[2]
        raise UsageError(f"{command}{': ' * bool(command)}{said}; try `{self.prog} --help`")

    def _check_value(self, action, value):
        """argparse's own words for a wrong choice differ from one Python to the next."""
        if action.choices is not None and value not in action.choices:
            known = ", ".join(action.choices)
            raise argparse.ArgumentError(action, f"expected one of {known}, got {value!r:.100}")


def _parser():
    parser = _Parser(prog="autograder", description=__doc__)
    parser.add_argument("--course", default=".", help="folder of the course (default: here)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, text):
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run, parser=made)
        return made

    made = command("tasks", tasks, "list every task with its notebook, points, checks and mistakes")
    made.add_argument("--json", action="store_true", help="print JSON")
    made = command("release", release, "make assignments/ASSIGNMENT out of source/ASSIGNMENT and check it for leaks")
    made.add_argument("assignment")
    made = command("leaks", leaks, "look for solutions, hidden tests and outputs in a released folder")
    made.add_argument("assignment", metavar="ASSIGNMENT|PATH")
    made = command("sync", sync, "make the cells of the source notebooks agree with the package and the specs")
    made.add_argument("assignment")
    made.add_argument("--check", action="store_true", help="write nothing; exit 1 if they do not agree")
    made = command("grade", grade, "grade the submissions of an assignment")
    made.add_argument("assignment")
    made.add_argument("--student", help="only this student")
    made.add_argument("--jobs", type=_positive, help="how many submissions at once (default: one a core)")
    made.add_argument("--scheduler", metavar="ADDR", help="a Dask scheduler to grade on")
    made.add_argument("--force", action="store_true", help="grade again what was graded before")
    made.add_argument("--run-all", action="store_true", help="run the cells that only draw or experiment, too")
    _add_common(made)
    made = command("report", report, "write a report on the class as a page with plots")
    made.add_argument("assignment")
    made = command("judge", judge, "judge functions of a plain file as hidden tests would")
    made.add_argument("files", nargs="+", metavar="FILE.py")
    made.add_argument("--task", action="append", help="only this task; may be given several times")
    made.add_argument("--seed", type=_seed, help="the seed of an earlier verdict, to repeat it")
    _add_common(made)
    made = command("replay", replay, "reach a verdict again and show what was wrong: inputs, answers, right values")
    made.add_argument("what", metavar="ASSIGNMENT|FILE.py|VERDICTS.json", help="what `grade` or `judge` judged")
    made.add_argument("--student", help="of an assignment: whose verdicts")
    made.add_argument("--task", help="only this task (default: those that lost points)")
    made.add_argument("--seed", type=_seed, help="of a FILE.py: the seed of the verdict")
    made.add_argument("--file", action="append", help="of VERDICTS.json: a FILE.py that it names and that is elsewhere")
    made.add_argument("--script", metavar="NEW.py", help="write a script that fails as the answer does")
    _add_common(made)
    made = command("doctor", doctor, "try on this machine what students' code must not be able to do")
    made.add_argument("--json", action="store_true", help="print JSON")
    made = command("demo", demo, "run the whole round on a made-up class: release, submit, grade, feedback")
    made.add_argument("--jobs", type=_positive, help="how many submissions at once (default: one a core)")
    made.add_argument("--sandbox", choices=("bwrap", "none"), default="bwrap", help=SANDBOX)
    made.add_argument("--folder", default="demo", help="where to put the class (default: demo)")
    return parser


def _add_common(parser):
    parser.add_argument("--sandbox", choices=("bwrap", "none"), default="bwrap", help=SANDBOX)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _natural(text):
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, got {text!r:.100}")
    return int(text)


def _seed(text):
    from autograder.plainfile import MOST_SEED

    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MOST_SEED):
        shown = text if len(text) < 30 else f"{text[:30]}... ({len(text)} characters)"
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to {MOST_SEED}, got {shown!r}")
    return int(text)


def _positive(text):
    if _natural(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number, 1 or more, got {text!r:.100}")
    return int(text)


def _course(arguments):
    from autograder.course import Course

    return Course(arguments.course)


def _options(arguments, course=None):
    from autograder.limits import Limits
    from autograder.step import Options

    limits = Limits.of(course.config if course else {})
    return Options(arguments.sandbox, getattr(arguments, "run_all", False), limits)


def tasks(arguments):
    from autograder.tasks.catalog import TASKS

    if arguments.json:
        rows = [
            {
                "task": t.name,
                "assignment": t.assignment,
                "notebook": t.notebook,
                "points": t.points,
                "checks": [{"name": c.name, "points": c.points} for c in t.checks],
                "mistakes": [{"name": m.name, "says": m.says} for m in t.mistakes],
            }
            for t in TASKS
        ]
        print(json.dumps(rows, indent=1))
        return 0
    for t in TASKS:
        print(f"{t.assignment}/{t.notebook}: {t.name}, {t.points:g} points")
        for c in t.checks:
            print(f"    {c.points:g}  {c.name}")
        print(f"    named mistakes: {', '.join(m.name for m in t.mistakes)}")
    points, checks = sum(t.points for t in TASKS), sum(len(t.checks) for t in TASKS)
    print(f"{len(TASKS)} tasks, {points:g} points, {checks} checks, {sum(len(t.mistakes) for t in TASKS)} mistakes")
    return 0


def release(arguments):
    from autograder.release import release

    files = release(_course(arguments), arguments.assignment)
    print(f"assignments/{arguments.assignment}: {len(files)} files, no leaks")
    return 0


def leaks(arguments):
    from autograder.leaks import find_leaks

    folder = arguments.assignment
    if "/" not in folder and folder not in (".", ".."):
        folder = _course(arguments).path("release", folder) if folder else folder
    found = find_leaks(folder)
    print("\n".join(map(shown, found)) or f"{arguments.assignment}: no leaks")
    return 1 if found else 0


def sync(arguments):
    from autograder.sync import sync

    course = _course(arguments)
    course.require(arguments.assignment)
    changed = sync(course.root, arguments.assignment, write=not arguments.check)
    print("\n".join(map(shown, changed)) or f"{arguments.assignment}: the notebooks agree with the package")
    return 1 if changed and arguments.check else 0


def grade(arguments):
    from autograder.grade import pool
    from autograder.table import text_table

    course = _course(arguments)
    results = run_grade(course, arguments.assignment, _options(arguments, course), arguments, pool)
    print(json.dumps([r.as_dict() for r in results], indent=1) if arguments.json else text_table(results))
    return 1 if any(r.error for r in results) else 0


def run_grade(course, assignment, options, arguments, pool):
    """Grade with a progress bar on standard error; return the results in order of the students' names."""
    from autograder.grade import grade
    from autograder.passed_over import passed_over

    course.require(assignment)
    names = [*course.students(assignment), *passed_over(course, assignment)]
    total = len(names) if arguments.student is None else 1
    with pool(arguments.jobs, arguments.scheduler) as executor:
        found = grade(course, assignment, options, arguments.student, arguments.force, executor)
        results = list(tqdm(found, total=total, desc="graded", unit="student"))
    return sorted(results, key=lambda result: result.student)


def judge(arguments):
    from autograder.filejudge import judge_file
    from autograder.plainfile import read_python
    from autograder.sandbox import require_sandbox
    from autograder.tasks.catalog import task_named

    for name in arguments.task or ():
        task_named(name)
    for path in arguments.files:
        read_python(path)
    if arguments.sandbox == "bwrap":
        require_sandbox()
    seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    found, problems = [], []
    for path in arguments.files:
        try:
            verdicts = judge_file(path, _options(arguments), seed, arguments.task)
        except (UsageError, MachineError) as error:  # costs this file alone
            problems.append(error)
            continue
        for verdict in verdicts:
            found.append({"file": str(path)} | verdict.as_dict() | ({} if verdict.attempted else {"attempted": False}))
            if not arguments.json:
                print(*map(shown, str(verdict).split("\n")), sep="\n")
        if not arguments.json:
            print(f"{shown(path)}: {_summary(verdicts, arguments.task or ())}")
    if found:
        print(json.dumps(found, indent=1) if arguments.json else f"seed {seed}")
    for error in problems:
        print(f"autograder: {shown(error)}", file=sys.stderr)
    return (2 if any(isinstance(error, UsageError) for error in problems) else 1) if problems else 0


def _summary(verdicts, wanted):
    """What was judged of a file, in a line."""
    attempted = [v for v in verdicts if v.attempted]
    score, most = sum(v.score for v in verdicts), sum(v.points for v in verdicts)
    blank = [v.task for v in verdicts if not v.attempted]
    missing = [name for name in wanted if name not in {v.task for v in verdicts}]
    parts = [f"{len(attempted)} task{'s' * (len(attempted) != 1)} judged, {score:g} of {most:g} points"]
    parts += [
        f"{word}: {', '.join(names)}" for word, names in (("not attempted", blank), ("missing", missing)) if names
    ]
    return "; ".join(parts)


def replay(arguments):
    from autograder.replay import one_to_script
    from autograder.replay_text import as_dict, as_text
    from autograder.sandbox import require_sandbox
    from autograder.script import require_new, write_script

    if arguments.script is not None:
        require_new(Path(arguments.script))
    if arguments.sandbox == "bwrap":
        require_sandbox()
    found = _replayed(arguments)
    if arguments.json:
        print(json.dumps([as_dict(replayed) for replayed in found], indent=1))
    else:
        text = "\n\n".join(map(as_text, found)) or "no task lost points; name one with --task"
        print(*map(shown, text.split("\n")), sep="\n")
    if arguments.script is not None:
        files = write_script(arguments.script, one_to_script(found))
        said = ", ".join(map(shown, files)) or "nothing to write: nothing that was asked failed"
        print(f"script: {said}", file=sys.stderr if arguments.json else sys.stdout)
    return 1 if any(replayed.differences() for replayed in found) else 0


def _replayed(arguments):
    """The verdicts that `replay` was asked for, again."""
    from autograder.plainfile import read_python
    from autograder.replay import replay_file, replay_list, replay_record

    what, student, seed, task = arguments.what, arguments.student, arguments.seed, arguments.task
    kind = Path(what).suffix.lower()
    _require(not arguments.file or kind == ".json", "--file with VERDICTS.json alone")
    if what == "-" or kind == ".ipynb":
        read_python(what, "replay")
    if kind == ".py":
        _require(seed is not None and student is None, "--seed N, and no --student, with a FILE.py")
        return replay_file(what, _options(arguments), seed, task)
    if kind == ".json":
        _require(
            seed is None and student is None, "neither --seed nor --student with VERDICTS.json: it holds the seeds"
        )
        return replay_list(what, _options(arguments), task, arguments.file or ())
    _require(seed is None and student is not None, "--student S, and no --seed, with an assignment")
    course = _course(arguments)
    return replay_record(course, what, student, _options(arguments, course), task)


def _require(condition, expected):
    if not condition:
        raise UsageError(f"replay: expected {expected}")


def report(arguments):
    from autograder.report import write_report

    print(shown(write_report(_course(arguments), arguments.assignment)))
    return 0


def doctor(arguments):
    from autograder.doctor import examine
    from autograder.sandbox import require_sandbox

    course = _course(arguments)
    require_sandbox()
    findings = []
    for finding in examine(course):
        findings.append(finding)
        if not arguments.json:
            print(f"{'closed' if finding.closed else 'OPEN':<6}  {finding.group}: {finding.what}  ({finding.detail})")
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    return 0 if all(finding.closed for finding in findings) else 1


def demo(arguments):
    from autograder.demo import run_demo

    course = _course(arguments)
    return run_demo(course, arguments.folder, _options(arguments, course), arguments.jobs)


if __name__ == "__main__":
    sys.exit(main())

"""The command line: `main` runs a command and turns errors into one line and an exit code."""

import argparse
import locale
import os
import sys
import warnings

from autograder.commands import demo, doctor, grade, judge, leaks, release, replay, report, sync, tasks
from autograder.commands.home import ensure_home
from autograder.errors import UsageError
from autograder.names import printable
from chainrule.errors import ChainruleError

__all__ = ["main"]

COMMANDS = (tasks, release, leaks, sync, grade, report, judge, replay, doctor, demo)


def main(argv=None):
    """Run a command; return 0 (done), 1 (a finding) or 2 (usage)."""
    if argv is None:
        _read_names_as_utf8()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names need not be text
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # nbgrader's database layer warns about its own code
    try:
        arguments = _arguments(argv)
        ensure_home()
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader has stopped, as `head` does; Python would flush once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except UsageError as error:
        print(f"autograder: {printable(error)}", file=sys.stderr)
        return 2
    except ChainruleError as error:
        print(f"autograder: {printable(error)}", file=sys.stderr)
        return 1
    except OSError as error:
        path = f"{error.filename}: " if error.filename else ""
        problem = f"{path}expected to be able to read or write here, got {error.strerror or error}"
        print(f"autograder: {printable(problem)}; fix that and run this again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("autograder: stopped; what was graded is recorded, run it again to go on", file=sys.stderr)
        return 1


def _read_names_as_utf8():
    """Start again in Python's UTF-8 mode if the locale has another encoding.

    So the names of folders, and of the students, are the same everywhere. Output keeps the encoding of the terminal.
    """
    if sys.getfilesystemencoding() != "utf-8" or locale.getpreferredencoding(False).lower() != "utf-8":
        encoding = os.environ.get("PYTHONIOENCODING") or f"{sys.stdout.encoding}:backslashreplace"
        environment = os.environ | {"PYTHONUTF8": "1", "PYTHONIOENCODING": encoding}
        os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        problem = message.replace("the following arguments are required: ", "expected more arguments, got no ")
        command = self.prog.partition(" ")[2]
        raise UsageError(f"{command}{': ' * bool(command)}{problem}; try `{self.prog} --help`")

    def _check_value(self, action, value):
        """Raise an error for a wrong choice; argparse's own message differs between versions of Python."""
        if action.choices is not None and value not in action.choices:
            choices = ", ".join(action.choices)
            raise argparse.ArgumentError(action, f"expected one of {choices}, got {value!r:.100}")


def _arguments(argv):
    arguments, unknown = _parser().parse_known_args(argv)
    if unknown:
        arguments.parser.error(f"expected no more arguments, got {' '.join(unknown):.100}")
    return arguments


def _parser():
    description = f"Release, grade and report: {', '.join(c.__name__.rpartition('.')[2] for c in COMMANDS)}."
    parser = _Parser(prog="autograder", description=description)
    parser.add_argument("--course", default=".", help="folder of the course (default: here)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        name, text = command.__name__.rpartition(".")[2], command.__doc__.partition("\n")[0]
        subparser = commands.add_parser(name, help=text, description=text)
        subparser.set_defaults(run=command.run, parser=subparser)
        command.add_arguments(subparser)
    return parser

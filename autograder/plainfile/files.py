"""Read what `judge` and `replay` are given: `read_python`, `read_verdicts`; `permitted_path` says what may be opened.

Whatever a file is, there is its content or a `UsageError` that says in a line what is wrong and what to try.
"""

import errno
import io
import json
import math
import os
import stat
import tokenize
from pathlib import Path

from autograder.errors import UsageError, unreadable_error

__all__ = ["permitted_path", "read_python", "read_verdicts", "is_seed", "verdict_problem"]

MOST_CODE, MOST_JSON = 5_000_000, 200_000_000  # bytes
MOST_SEED = 2**63 - 1
HOW = "File > Save and Export Notebook As > Executable Script makes one; `autograder grade` takes notebooks"
NO_FILE = {errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_python(path, command="judge"):
    """Return the text of a Python file: UTF-8, with or without a byte order mark, or what its coding line says."""
    expected = f"{command}: expected a Python file, got {path}"
    if str(path) == "-":
        raise UsageError(f"{expected}: standard input is not read; save the code as a file that ends in .py")
    if str(path).lower().endswith(".ipynb"):
        raise UsageError(f"{expected}, which is a notebook; {HOW}")
    data = _bytes(path, expected, MOST_CODE)
    if not str(path).lower().endswith(".py"):
        raise UsageError(f"{expected}, whose name does not end in .py; rename it if it is one")
    if not data.strip():
        raise UsageError(f"{expected}, which is empty; save it and try again")
    if data.startswith(UTF16):
        raise UsageError(f"{expected}, which is in UTF-16; save it as UTF-8")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise UsageError(f"{expected}, which has a null byte in line {line}: it is no text; save it as UTF-8")
    return _decoded(data, path, expected)


def _decoded(data, path, expected):
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()  # newlines of every system become \n
    except UnicodeError:
        raise UsageError(f"{expected}, which is not in {encoding}; save it as UTF-8") from None
    except (SyntaxError, LookupError, ValueError) as error:
        why = " ".join(str(getattr(error, "msg", error)).replace("''", "").split())
        raise UsageError(f"{expected}, whose encoding is not known ({why}); save it as UTF-8") from None


def read_verdicts(path):
    """Return the list that `autograder judge --json` printed into a file."""
    data = _bytes(path, f"replay: expected a list of verdicts, got {path}", MOST_JSON)
    try:
        verdicts = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_no_twins)
        why = _fault(verdicts)
    except UnicodeError:
        why = "it is not in UTF-8"
    except RecursionError:
        why = "it is nested too deeply"
    except MemoryError:
        why = "it does not fit into memory"
    except ValueError as error:
        why = str(error) if data.strip() else "it is empty"
    if why:
        raise UsageError(
            f"replay: expected verdicts as `autograder judge --json` prints them, got others in {path}: {why}"
        )
    return verdicts


def _no_constant(name):
    raise ValueError(f"{name} is no number")


def _no_twins(pairs):
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return mapping


def _fault(verdicts):
    """What is wrong with a list of verdicts, or ""."""
    if not isinstance(verdicts, list):
        return f"it is a {type(verdicts).__name__}, no list"
    if not verdicts:
        return "the list is empty"
    for number, verdict in enumerate(verdicts, 1):
        if why := verdict_problem(verdict, file=True):
            return f"verdict {number}: {why}"
    return ""


def verdict_problem(verdict, file=False):
    """What keeps a recorded verdict from being replayed, or ""."""
    if not isinstance(verdict, dict):
        return f"it is a {type(verdict).__name__}, no object"
    needed = ["task", "seed", "score", "max", "checks"] + ["file"] * file
    if missing := [name for name in needed if name not in verdict]:
        return f"it has no {missing[0]}"
    if not all(isinstance(verdict[name], str) for name in ("task", "file") if name in needed):
        return "task and file are texts"
    if not is_seed(verdict["seed"]):
        return f"seed is a whole number from 0 to {MOST_SEED}"
    if not all(_is_number(verdict[name]) for name in ("score", "max")):
        return "score and max are numbers"
    checks = verdict["checks"]
    if not isinstance(checks, list) or not all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in checks):
        return "checks is a list of objects with a name each"
    return ""


def is_seed(seed):
    return type(seed) is int and 0 <= seed <= MOST_SEED


def _is_number(value):
    return type(value) is int or (type(value) is float and math.isfinite(value))


def permitted_path(named, verdicts, files=()):
    """Return the path of a file that a list of verdicts names, if `replay` may open it.

    It is looked for where `judge` was run, below the current folder, then beside the list; links are followed first.
    files: those that were named on the command line, wherever they are.
    """
    beside = Path(verdicts).parent
    try:
        places = [Path(named), beside / named]
        real = [os.path.realpath(place) for place in places]
        there = [os.path.exists(place) for place in real]
        homes = [os.path.realpath(folder) for folder in (".", beside)]
        given = {os.path.realpath(file) for file in files}
    except (ValueError, OSError):  # null bytes, and what no file system takes
        raise UsageError(f"replay: expected a path in {verdicts}, got {named!r}") from None
    place = places[1] if there[1] and not there[0] else places[0]
    target = os.path.realpath(place)
    if target in given or any(os.path.commonpath([target, home]) == home for home in homes):
        return str(place)
    raise UsageError(
        f"replay: {verdicts} names {named}, which is neither below this folder nor beside the list, and is not opened; "
        f"if it is yours, name it: --file {named}"
    )


def _bytes(path, expected, most):
    """The content of a regular file: what is no such file is not opened."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise UsageError(f"{expected}, which is a folder; name the files in it")
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{expected}, which is no regular file; save it as one")
        if status.st_size > most:
            raise UsageError(f"{expected}, which is larger than {most // 1_000_000} MB")
        with open(path, "rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        raise UsageError(f"{expected}, which is not there; check the name and the folder") from None
    except OSError as error:
        if error.errno in NO_FILE:
            raise UsageError(f"{expected}, which is no file ({error.strerror}); check the name") from None
        raise unreadable_error(path, error) from None
    except ValueError:
        raise UsageError(f"{expected}, which cannot be the name of a file") from None
    except MemoryError:
        raise UsageError(f"{expected}, which does not fit into memory") from None

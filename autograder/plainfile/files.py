"""Read the files that are passed to `judge` and `replay`: `read_python`, `read_verdicts` and `permitted_path`.

Each file is either read, or a `UsageError` says in one line what is wrong with it and what to try.
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
from autograder.submission.fix_source import PYTHON_MAGICS
from autograder.submission.parse import read_cells

__all__ = ["permitted_path", "read_python", "read_verdicts", "is_seed", "verdict_problem"]

MAX_CODE, MAX_NOTEBOOK, MAX_JSON = 5_000_000, 50_000_000, 200_000_000  # bytes
MAX_SEED = 2**63 - 1
NOT_A_FILE = {errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_python(path, command="judge"):
    """Return the text of a Python file in UTF-8 or in the encoding of its coding line, or the code of a notebook.

    command: named in the message. Raises UsageError for anything else.
    """
    expected = f"{command}: expected a Python file or a notebook, got {path}"
    if str(path) == "-":
        raise UsageError(f"{expected}: standard input is not read; save the code as a file that ends in .py")
    if str(path).lower().endswith(".ipynb"):
        return _code_of_notebook(_bytes(path, expected, MAX_NOTEBOOK), expected)
    data = _bytes(path, expected, MAX_CODE)
    if not str(path).lower().endswith(".py"):
        raise UsageError(f"{expected}, whose name does not end in .py; rename it if it is one")
    if not data.strip():
        raise UsageError(f"{expected}, which is empty; save it and try again")
    if data.startswith(UTF16):
        raise UsageError(f"{expected}, which is in UTF-16; save it as UTF-8")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise UsageError(f"{expected}, which has a null byte in line {line}: it is no text; save it as UTF-8")
    return _decode(data, path, expected)


def _code_of_notebook(data, expected):
    """The code cells of a notebook in a row, without those in another language."""
    cells = read_cells(data)[0] or []
    sources = [cell.source for cell in cells if cell.kind == "code" and cell.source.strip()]
    if not sources:
        raise UsageError(f"{expected}, in which there is no cell of code; open it in JupyterLab and save it")
    python = [PYTHON_MAGICS.sub("#", text, count=1) for text in sources]
    return "\n\n".join(text for text in python if not text.lstrip().startswith("%%")).replace("\0", "")


def _decode(data, path, expected):
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()  # newlines of every system become \n
    except UnicodeError:
        raise UsageError(f"{expected}, which is not in {encoding}; save it as UTF-8") from None
    except (SyntaxError, LookupError, ValueError) as error:
        message = " ".join(str(getattr(error, "msg", error)).replace("''", "").split())
        raise UsageError(f"{expected}, whose encoding is not known ({message}); save it as UTF-8") from None


def read_verdicts(path):
    """Return the list in a file that holds the output of `autograder judge --json`. Raises UsageError for another."""
    data = _bytes(path, f"replay: expected a list of verdicts, got {path}", MAX_JSON)
    try:
        verdicts = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_unique_keys)
        problem = _list_problem(verdicts)
    except UnicodeError:
        problem = "it is not in UTF-8"
    except RecursionError:
        problem = "it is nested too deeply"
    except MemoryError:
        problem = "it does not fit into memory"
    except ValueError as error:
        problem = str(error) if data.strip() else "it is empty"
    if problem:
        raise UsageError(
            f"replay: expected verdicts as `autograder judge --json` prints them, got others in {path}: {problem}"
        )
    return verdicts


def _no_constant(name):
    raise ValueError(f"{name} is no number")


def _unique_keys(pairs):
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return mapping


def _list_problem(verdicts):
    """A message on what is wrong with a list of verdicts, or ""."""
    if not isinstance(verdicts, list):
        return f"it is a {type(verdicts).__name__}, no list"
    if not verdicts:
        return "the list is empty"
    for number, verdict in enumerate(verdicts, 1):
        if problem := verdict_problem(verdict, file=True):
            return f"verdict {number}: {problem}"
    return ""


def verdict_problem(verdict, file=False):
    """Return a message on why a recorded verdict cannot be replayed, or "". file: whether it must name its file."""
    if not isinstance(verdict, dict):
        return f"it is a {type(verdict).__name__}, no object"
    required = ["task", "seed", "score", "max", "checks"] + ["file"] * file
    if missing := [name for name in required if name not in verdict]:
        return f"it has no {missing[0]}"
    if not all(isinstance(verdict[name], str) for name in ("task", "file") if name in required):
        return "task and file are texts"
    if not is_seed(verdict["seed"]):
        return f"seed is a whole number from 0 to {MAX_SEED}"
    if not all(_is_number(verdict[name]) for name in ("score", "max")):
        return "score and max are numbers"
    checks = verdict["checks"]
    if not isinstance(checks, list) or not all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in checks):
        return "checks is a list of objects with a name each"
    return ""


def is_seed(seed):
    """True for a whole number that can be a seed."""
    return type(seed) is int and 0 <= seed <= MAX_SEED


def _is_number(value):
    return type(value) is int or (type(value) is float and math.isfinite(value))


def permitted_path(path, verdicts, files=()):
    """Return the path of a file in a list of verdicts if `replay` may open it; raise UsageError if it may not.

    The file must be below the current folder, where `judge` was run, or below the folder of the list; links are
    resolved first. files: paths from the command line, which are permitted anywhere.
    """
    list_folder = Path(verdicts).parent
    try:
        candidates = [Path(path), list_folder / path]
        exists = [os.path.exists(os.path.realpath(candidate)) for candidate in candidates]
        folders = [os.path.realpath(folder) for folder in (".", list_folder)]
        permitted_files = {os.path.realpath(file) for file in files}
    except (ValueError, OSError):  # null bytes, and names that no file system accepts
        raise UsageError(f"replay: expected a path in {verdicts}, got {path!r}") from None
    candidate = candidates[1] if exists[1] and not exists[0] else candidates[0]
    target = os.path.realpath(candidate)
    if target in permitted_files or any(os.path.commonpath([target, folder]) == folder for folder in folders):
        return str(candidate)
    raise UsageError(
        f"replay: {verdicts} names {path}, which is neither below this folder nor beside the list, and is not opened; "
        f"if it is yours, name it: --file {path}"
    )


def _bytes(path, expected, max_bytes):
    """The content of a regular file; nothing else is opened."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise UsageError(f"{expected}, which is a folder; name the files in it")
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{expected}, which is no regular file; save it as one")
        if status.st_size > max_bytes:
            raise UsageError(f"{expected}, which is larger than {max_bytes // 1_000_000} MB")
        with open(path, "rb") as file:
            return file.read(max_bytes + 1)
    except FileNotFoundError:
        raise UsageError(f"{expected}, which is not there; check the name and the folder") from None
    except OSError as error:
        if error.errno in NOT_A_FILE:
            raise UsageError(f"{expected}, which is no file ({error.strerror}); check the name") from None
        raise unreadable_error(path, error) from None
    except ValueError:
        raise UsageError(f"{expected}, which cannot be the name of a file") from None
    except MemoryError:
        raise UsageError(f"{expected}, which does not fit into memory") from None

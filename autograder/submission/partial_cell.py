"""A cell that stopped at an error: `find_error` says where and why, `definitions_after` returns the rest to be run."""

import ast
import re
import textwrap
from dataclasses import dataclass

from autograder.submission.fix_source import parse_cell
from autograder.submission.python_version import GRADER_PYTHON
from chainrule.errors import PARSER_ERRORS

__all__ = ["Part", "Stop", "definitions_after", "find_error"]

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LINE = re.compile(r"Cell In ?\[\d+\], line (\d+)")
DEFINING = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
NAMING = ast.Name | ast.Attribute | ast.Constant | ast.Lambda
SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")
MAX_PARTS = 200


@dataclass(frozen=True)
class Stop:
    """Why a cell did not run to its end. message: continues "it stopped"; line: where, 0 if unknown."""

    message: str
    line: int = 0


@dataclass(frozen=True)
class Part:
    """Code that imports or defines something; fallback: the Parts to run if it fails."""

    text: str
    fallback: tuple = ()


def find_error(outputs, source=""):
    """Return the Stop of a cell with these outputs, or None if it ran to its end."""
    for output in outputs:
        if output["output_type"] == "error":
            kind, message = output.get("ename", ""), " ".join(output.get("evalue", "").split())[:200]
            match = LINE.search(COLOURS.sub("", "\n".join(output.get("traceback", []))))
            blank = source[: len(source) - len(source.lstrip())].count("\n")  # IPython does not count these lines
            line = int(match[1][:9]) + blank if match else 0
            reason = f"at line {line}: {kind}: {message}" if line else f"with {kind}: {message}"
            if kind in SYNTAX_ERRORS:
                return Stop(f"{reason} (the grader runs {GRADER_PYTHON})")
            return Stop(reason, line)
        if output.get("name") == "stderr" and output.get("text", "").startswith("UsageError: "):  # of a magic
            return Stop(f"with {' '.join(output['text'].split())[:200]}")
    return None


def definitions_after(source, line=0):
    """Return the imports and definitions of a cell from a line on as Parts, in their order, at most MAX_PARTS."""
    try:
        return _parts(parse_cell(source).body, source.split("\n"), line)[:MAX_PARTS]
    except PARSER_ERRORS:
        return []


def _parts(body, lines, line):
    return [part for node in body if node.end_lineno >= line for part in _parts_of(node, lines, line)]


def _parts_of(node, lines, line):
    if isinstance(node, ast.Import):
        return [Part(ast.unparse(ast.Import([alias]))) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [Part(ast.unparse(node))]
    if isinstance(node, DEFINING):
        return [Part(_text(node, lines), (Part(_bare(node)),))]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return [Part(ast.unparse(node))] if _is_plain_value(node.value) else []
    # The body comes last: of several definitions of a name the last one counts.
    branches = [getattr(node, name, []) for name in ("orelse", "finalbody", "body")]
    branches = [handler.body for handler in getattr(node, "handlers", [])] + branches
    inner = tuple(part for branch in branches for part in _parts(branch, lines, line))
    if not inner or not line or node.lineno <= line:
        return list(inner)
    return [Part(_text(node, lines), inner)]


def _text(node, lines):
    """The text of a statement as it was written, so that a message about an error can quote it."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return textwrap.dedent("\n".join(lines[first - 1 : node.end_lineno]))


def _bare(node):
    """The text of a function or class without what may fail: decorators, annotations, statements in a class."""
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, DEFINING):
            part.decorator_list, part.returns = [], None
    if isinstance(node, ast.ClassDef):
        node.body = [part for part in node.body if isinstance(part, DEFINING) or _is_constant(part)] or [ast.Pass()]
    return ast.unparse(node)


def _is_constant(node):
    return isinstance(node, ast.Assign) and _is_plain_value(node.value)


def _is_plain_value(value):
    if isinstance(value, ast.UnaryOp):
        value = value.operand
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return all(map(_is_plain_value, value.elts))
    return isinstance(value, NAMING)

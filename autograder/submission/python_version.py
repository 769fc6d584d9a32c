"""Recognize code in a newer Python than this one, or in Python 2: `version_message`.

Newer syntax is rewritten in older syntax, and named only if the result parses.
"""

import re
import sys
import warnings

from autograder.python_parser import parse_python
from chainrule.errors import PARSER_ERRORS

__all__ = ["GRADER_PYTHON", "version_message"]

GRADER_PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"
MAX_CHARACTERS, MAX_DEPTH = 50_000, 20
STRING = re.compile(r"(?<!\w)([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
PARAMETERS = re.compile(r"^([ \t]*(?:async +)?(?:def|class) +\w+)[ \t]*\[", re.MULTILINE)
TYPE = re.compile(r"^([ \t]*)type +(\w+)[ \t]*(\[[^\n=]*\])?[ \t]*=(?!=)", re.MULTILINE)
EXCEPT = re.compile(r"^([ \t]*except\*?)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.MULTILINE)
LAZY = re.compile(r"^([ \t]*)lazy +(?=import\b|from\b)", re.MULTILINE)
UNPACKED = re.compile(r"([\[({][ \t]*)\*{1,2}(?=[^\n]{0,200}\bfor\b)")
OLD = re.compile(r"^[ \t]*(?:(?:print|exec) +[^(=\s]|except +[\w.]+ *, *[a-z_]\w* *:)", re.MULTILINE)
OLD_WORDS = ("Missing parentheses in call to", "multiple exception types must be parenthesized")


def version_message(text, error):
    """Return a message if text that raised this SyntaxError is in another version of Python, else ""."""
    if error.msg.startswith(OLD_WORDS) and OLD.search(text):
        return f"that is Python 2, the grader runs {GRADER_PYTHON}"
    names = _newer_syntax(text) if len(text) <= MAX_CHARACTERS else []
    return f"the grader runs {GRADER_PYTHON}, this may be newer syntax: {' and '.join(names)}" if names else ""


def _newer_syntax(text):
    """The names of the newer syntax that keeps a text from parsing; [] if it would not parse without it either."""
    needed = [] if _parses(text) else list(CHANGES)
    if not _parses(_apply(text, needed)):
        return []
    for change in CHANGES:
        fewer = [candidate for candidate in needed if candidate is not change]
        needed = fewer if _parses(_apply(text, fewer)) else needed
    return [CHANGES[change] for change in needed]


def _apply(text, changes):
    for change in changes:
        text = change(text)
    return text


def _parses(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parse_python(text)
        except PARSER_ERRORS:
            return False
    return True


def _without_templates(text):
    """Replace every t-string by an f-string."""
    return _without_strings(text, "t", "f''")


def _without_strings(text, kind="f", instead="''"):
    """Replace every string with a prefix of this kind, such as f"{names["x"]}", by another text."""
    pieces, at = [], 0
    while start := _next_string(text, at):
        end = _end_of_string(text, start)
        if end is None:
            break
        pieces += [text[at : start.start()], instead if kind in start[1].lower() else text[start.start() : end]]
        at = end
    return "".join(pieces) + text[at:]


def _next_string(text, at):
    """The match of the first string after a position that is not in a comment, or None."""
    while start := STRING.search(text, at):
        comment = text.find("#", at, start.start())
        if comment < 0:
            return start
        at = text.find("\n", comment)
        if at < 0:
            return None
    return None


def _end_of_string(text, start, depth=0):
    """The position after a string; braces may hold anything, as in Python 3.12. None if the string is not closed."""
    kind, quote, at = start[1].lower(), start[2], start.end()
    interpolated = set(kind) & {"f", "t"}
    while at < len(text):
        if text.startswith(quote, at):
            return at + len(quote)
        if text[at] == "\n" and len(quote) == 1:
            return None
        if text[at] == "\\" or interpolated and text.startswith(("{{", "}}"), at):
            at += 2
        elif interpolated and text[at] == "{":
            at = _end_of_interpolation(text, at + 1, depth + 1)
            if at is None:
                return None
        else:
            at += 1
    return None


def _end_of_interpolation(text, at, depth):
    """The position after the brace that closes an expression in a string. None: it or a bracket in it is not closed."""
    code, format_start, opened = [], 0, 1
    while at < len(text) and depth < MAX_DEPTH:
        if start := STRING.match(text, at):
            if (end := _end_of_string(text, start, depth)) is None:
                return None
            code, at = [*code, "''"], end
            continue
        if text[at] == "#":
            at = text.find("\n", at)
            if at < 0:
                return None
        opened += (text[at] in "([{") - (text[at] in ")]}")
        if not opened:
            return at + 1 if _is_interpolation("".join(code), format_start) else None
        if opened == 1 and not format_start and text[at] in ":!" and text[at + 1 : at + 2] != "=":
            format_start = sum(map(len, code))
        code.append(text[at])
        at += 1
    return None


def _is_interpolation(code, format_start):
    """True if text in braces is an expression; a conversion and a format begin at format_start, if it is not 0."""
    expression, format_spec = (code[:format_start], code[format_start:]) if format_start else (code, "")
    expression = re.sub(r"=\s*$", "", expression).strip()
    return _parses(f"({expression})") and expression != "" and bool(re.match(r"(![sra]\s*(:|$)|:|$)", format_spec))


def _without_parameters(text):
    """Remove the [T] after the name of a function or a class."""
    pieces, at = [], 0
    while match := PARAMETERS.search(text, at):
        end = _end_of_bracket(text, match.end())
        if end is None:
            break
        pieces += [text[at : match.end(1)]]
        at = end
    return "".join(pieces) + text[at:]


def _end_of_bracket(text, at):
    opened = 1
    while at < len(text) and opened:
        opened += (text[at] == "[") - (text[at] == "]")
        at += 1
    return None if opened else at


CHANGES = {
    _without_strings: "an f-string with quotes, backslashes or comments between its braces (3.12)",
    _without_templates: "a t-string (3.14)",
    _without_parameters: "type parameters such as def f[T] (3.12)",
    lambda text: TYPE.sub(r"\1\2 =", text): "a type statement (3.12)",
    lambda text: EXCEPT.sub(r"\1 (\2):", text): "except with several types and no parentheses (3.14)",
    lambda text: LAZY.sub(r"\1", text): "a lazy import (3.15)",
    lambda text: UNPACKED.sub(r"\1", text): "unpacking in a comprehension (3.15)",
}

"""Tell text in a newer Python than this one, or in Python 2, from text that is no Python: `version_words`.

Nothing is guessed: what is newer is written as an older Python would have it, and only if that parses is it named.
"""

import ast
import re
import sys
import warnings

from chainrule.errors import PARSER_ERRORS

__all__ = ["GRADER_PYTHON", "version_words"]

GRADER_PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"
LONGEST, DEEPEST = 50_000, 20
STRING = re.compile(r"(?<!\w)([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
PARAMETERS = re.compile(r"^([ \t]*(?:async +)?(?:def|class) +\w+)[ \t]*\[", re.MULTILINE)
TYPE = re.compile(r"^([ \t]*)type +(\w+)[ \t]*(\[[^\n=]*\])?[ \t]*=(?!=)", re.MULTILINE)
EXCEPT = re.compile(r"^([ \t]*except\*?)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.MULTILINE)
LAZY = re.compile(r"^([ \t]*)lazy +(?=import\b|from\b)", re.MULTILINE)
UNPACKED = re.compile(r"([\[({][ \t]*)\*{1,2}(?=[^\n]{0,200}\bfor\b)")
OLD = re.compile(r"^[ \t]*(?:(?:print|exec) +[^(=\s]|except +[\w.]+ *, *[a-z_]\w* *:)", re.MULTILINE)
OLD_WORDS = ("Missing parentheses in call to", "multiple exception types must be parenthesized")


def version_words(text, error):
    """Return what text is that raised a SyntaxError, if it is in another version of Python: "" for plain nonsense."""
    if error.msg.startswith(OLD_WORDS) and OLD.search(text):
        return f"that is Python 2, the grader runs {GRADER_PYTHON}"
    names = _newer(text) if len(text) <= LONGEST else []
    return f"the grader runs {GRADER_PYTHON}, this may be newer syntax: {' and '.join(names)}" if names else ""


def _newer(text):
    """The names of the newer syntax without which a text would be Python; none if it would not."""
    needed = [] if _parses(text) else list(CHANGES)
    if not _parses(_changed(text, needed)):
        return []
    for change in CHANGES:
        fewer = [other for other in needed if other is not change]
        needed = fewer if _parses(_changed(text, fewer)) else needed
    return [CHANGES[change] for change in needed]


def _changed(text, changes):
    for change in changes:
        text = change(text)
    return text


def _parses(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except PARSER_ERRORS:
            return False
    return True


def _without_templates(text):
    """With f before every string that has t."""
    return _without_strings(text, "t", "f''")


def _without_strings(text, kind="f", instead="''"):
    """With another text in the place of every string of a kind that is filled in, such as f"{names["x"]}"."""
    pieces, at = [], 0
    while start := _next_string(text, at):
        end = _end_of_string(text, start)
        if end is None:
            break
        pieces += [text[at : start.start()], instead if kind in start[1].lower() else text[start.start() : end]]
        at = end
    return "".join(pieces) + text[at:]


def _next_string(text, at):
    """The first string from a place on that is not in a comment."""
    while start := STRING.search(text, at):
        comment = text.find("#", at, start.start())
        if comment < 0:
            return start
        at = text.find("\n", comment)
        if at < 0:
            return None
    return None


def _end_of_string(text, start, depth=0):
    """The place behind a string, by the rules of today: between braces anything may stand. None: it is open."""
    kind, quote, at = start[1].lower(), start[2], start.end()
    filled = set(kind) & {"f", "t"}
    while at < len(text):
        if text.startswith(quote, at):
            return at + len(quote)
        if text[at] == "\n" and len(quote) == 1:
            return None
        if text[at] == "\\" or filled and text.startswith(("{{", "}}"), at):
            at += 2
        elif filled and text[at] == "{":
            at = _end_of_part(text, at + 1, depth + 1)
            if at is None:
                return None
        else:
            at += 1
    return None


def _end_of_part(text, at, depth):
    """The place behind the brace that closes an expression; what was opened in it must be closed. None: it is not."""
    code, place, opened = [], 0, 1
    while at < len(text) and depth < DEEPEST:
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
            return at + 1 if _is_part("".join(code), place) else None
        if opened == 1 and not place and text[at] in ":!" and text[at + 1 : at + 2] != "=":
            place = sum(map(len, code))
        code.append(text[at])
        at += 1
    return None


def _is_part(code, place):
    """Whether what stands between the braces is an expression; from the place on, a conversion and a format."""
    expression, behind = (code[:place], code[place:]) if place else (code, "")
    expression = re.sub(r"=\s*$", "", expression).strip()
    return _parses(f"({expression})") and expression != "" and bool(re.match(r"(![sra]\s*(:|$)|:|$)", behind))


def _without_parameters(text):
    """Without the [T] behind the name of a function or a class."""
    pieces, at = [], 0
    while match := PARAMETERS.search(text, at):
        end = _closed(text, match.end())
        if end is None:
            break
        pieces += [text[at : match.end(1)]]
        at = end
    return "".join(pieces) + text[at:]


def _closed(text, at):
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

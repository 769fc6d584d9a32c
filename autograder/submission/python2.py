"""Write Python 2 as Python 3, one statement that does not parse after the other: `from_python2`.

Only what Python's parser complains about is changed, so that no text or comment is.
"""

import re

from autograder.python_parser import parse_python

__all__ = ["from_python2"]

MAX_CHANGES = 200
EXCEPT = re.compile(r"(\bexcept\b[^:,(]*|\bexcept\s*\([^)]*\)\s*),\s*(\w+)\s*:")
RAISE = re.compile(r"(\braise\s+[\w.]+)\s*,\s*(.+?)\s*$")
OCTAL = re.compile(r"\b0+(?=[0-7]+\b)")
BACKTICKS = re.compile(r"`([^`]*)`")
LONG = re.compile(r"\b(\d+)[lL]\b")


def from_python2(text):
    """Return the text with its old statements in their new form; None if it does not parse after that.

    print and exec without parentheses, `except Error, name`, `raise Error, text`, backticks, <>, 0777 and 10L are
    known. Raises another of PARSER_ERRORS than SyntaxError, as the parser does.
    """
    lines = text.split("\n")
    for _ in range(MAX_CHANGES):
        try:
            parse_python("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError as error:
            before = list(lines)
            _mend(lines, error)
            if lines == before:
                return None
    return None


def _mend(lines, error):
    """Change the statement at which the parser gave up, in place."""
    row, column = (error.lineno or 0) - 1, (error.offset or 0) - 1
    if not 0 <= row < len(lines):
        return
    line = lines[row]
    before, after = line[: max(column, 0)], line[max(column, 0) :]
    if error.msg.startswith("Missing parentheses in call to"):
        _add_parentheses(lines, row, column, (error.end_lineno or 0) - 1, (error.end_offset or 0) - 1)
    elif after.startswith("`"):
        lines[row] = before + BACKTICKS.sub(r"repr(\1)", after, count=1)
    elif after.startswith("<>"):
        lines[row] = f"{before}!={after[2:]}"
    else:
        changed = (pattern.sub(new, line) for pattern, new in FORMS)
        lines[row] = next((new for new in changed if new != line), line)


FORMS = ((EXCEPT, r"\1 as \2:"), (RAISE, r"\1(\2)"), (OCTAL, "0o"), (LONG, r"\1"))


def _add_parentheses(lines, row, column, end_row, end_column):
    """Write `print x` as `print(x)`; the range goes from the word to the end of what is printed."""
    word = re.match(r"(print|exec)\s+", lines[row][column:])
    if not word or not row <= end_row < len(lines):
        return
    rest = lines[end_row][end_column:]
    if rest.lstrip().startswith("`"):  # the parser sees the end of the statement once these are gone
        lines[end_row] = lines[end_row][:end_column] + BACKTICKS.sub(r"repr(\1)", rest, count=1)
    else:
        lines[end_row] = f"{lines[end_row][:end_column]}){lines[end_row][end_column:]}"
        lines[row] = f"{lines[row][:column]}{word[1]}({lines[row][column + word.end() :]}"

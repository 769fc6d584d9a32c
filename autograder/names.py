"""Names that users choose, of students, files and folders: `printable` escapes one, `require_name` checks one."""

import os
import re
import sys
import unicodedata

from autograder.errors import UsageError

__all__ = ["printable", "require_name"]

FORBIDDEN = re.compile(r'[*?\[<>&"\\]')
# Orders to a terminal, what turns text around or ends a line, bytes that are no text; not U+200C, U+200D, which join.
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
# nbgrader's gradebook has room for so many characters, a file system for 255 bytes; the journal's end in ".json".
MOST_CHARACTERS, MOST_BYTES = 128, 250


def printable(text):
    """Return a text as one line for a terminal or a page: characters that cannot be seen are written as escapes."""
    return "".join(char.encode("unicode_escape").decode() if _hidden(char) else char for char in str(text))


def require_name(student):
    """Raise UsageError for a name that nbgrader would take for a pattern, change or not find, or show as markup."""
    problem = None
    if FORBIDDEN.search(student) or any(map(_hidden, student)) or student != student.strip():
        problem = 'without any of * ? [ < > & " \\ and without odd spaces in its name'
    elif len(student) > MOST_CHARACTERS or len(os.fsencode(student)) > MOST_BYTES:
        problem = f"with a name of at most {MOST_CHARACTERS} characters and {MOST_BYTES} bytes"
    elif not student.isascii() and sys.getfilesystemencoding() != "utf-8":
        problem = "whose name can be read in this locale (with PYTHONUTF8=1 all can)"
    if problem:
        raise UsageError(
            f"student: expected a folder {problem}, got {ascii(student)}; nbgrader cannot take it, rename it"
        )


def _hidden(char):
    return unicodedata.category(char) in HIDDEN and char not in JOINERS

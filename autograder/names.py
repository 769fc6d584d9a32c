"""Names of students, files and folders, which users choose: `printable` escapes a name, `require_name` checks one."""

import os
import re
import sys
import unicodedata

from autograder.errors import UsageError

__all__ = ["printable", "require_name"]

FORBIDDEN = re.compile(r'[*?\[<>&"\\]')
# Unicode categories of control characters, those that reverse text or end a line, and bytes that are no text; but not
# U+200C and U+200D, which some scripts need.
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
# The limits of nbgrader's gradebook, and of a file system: 255 bytes, with ".json" for the file in the journal.
MAX_CHARACTERS, MAX_BYTES = 128, 250


def printable(text):
    """Return a text as one line for a terminal or a page, with escapes for characters that are invisible."""
    return "".join(char.encode("unicode_escape").decode() if _is_hidden(char) else char for char in str(text))


def require_name(student):
    """Raise UsageError for a student's name that nbgrader would treat as a pattern or markup, change or not find."""
    problem = None
    if FORBIDDEN.search(student) or any(map(_is_hidden, student)) or student != student.strip():
        problem = 'without any of * ? [ < > & " \\ and without spaces at its ends'
    elif len(student) > MAX_CHARACTERS or len(os.fsencode(student)) > MAX_BYTES:
        problem = f"with a name of at most {MAX_CHARACTERS} characters and {MAX_BYTES} bytes"
    elif not student.isascii() and sys.getfilesystemencoding() != "utf-8":
        problem = "whose name can be read in this locale (with PYTHONUTF8=1 all can)"
    if problem:
        raise UsageError(
            f"student: expected a folder {problem}, got {ascii(student)}; nbgrader cannot take it, rename it"
        )


def _is_hidden(char):
    return unicodedata.category(char) in HIDDEN and char not in JOINERS

"""The secret of a course, from which the seeds of its hidden tests follow: `course_secret` and `hidden_seed`.

It is made at the first release and kept in the course's folder, beside the gradebook. No release, worker or sandbox
gets it.
"""

import hmac
import os
import re
import secrets

from autograder.errors import GradingError, unreadable_error

__all__ = ["SECRET_FILE", "course_secret", "hidden_seed"]

SECRET_FILE = "course_secret"
# Every hidden seed is at least this, and the visible one below; all are exact in a JSON number of 64 bits.
FIRST_HIDDEN_SEED = 2**52


def course_secret(course):
    """Return the secret of a course, in bytes; make it if there is none. Raises GradingError if it is damaged."""
    path = course.root / SECRET_FILE
    if not os.path.lexists(path):
        _make(path)
    try:
        text = path.read_bytes().strip()
    except OSError as error:
        raise unreadable_error(path, error) from None
    if not re.fullmatch(rb"[0-9a-f]{64}", text):
        raise GradingError(
            f"{SECRET_FILE}: expected 64 hexadecimal digits, got {len(text)} bytes; put the old file back, or remove "
            "it: a new one is made, and all submissions are judged again with other inputs"
        )
    return text


def _make(path):
    try:
        with open(path, "x", encoding="ascii", opener=_private) as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:  # another process was faster
        pass
    except OSError as error:
        raise GradingError(f"{SECRET_FILE}: expected to make this file, got {error.strerror}") from None


def _private(path, flags):
    return os.open(path, flags, 0o600)


def hidden_seed(course, assignment, student):
    """Return the seed of a student's hidden tests, the same each time. Without the secret nobody can compute it."""
    message = f"{assignment}/{student}".encode("utf-8", "surrogateescape")
    digest = hmac.digest(course_secret(course), message, "sha256")
    return FIRST_HIDDEN_SEED + int.from_bytes(digest[:6], "big")

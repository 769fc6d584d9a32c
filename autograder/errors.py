"""The errors of the grader, split by whose fault they are. Each message is one line.

`unreadable_error` makes one of a file that cannot be read.
"""

import errno

from chainrule.errors import ChainruleError

__all__ = ["GradingError", "MachineError", "NotGraded", "SpecError", "UsageError", "unreadable_error"]

LONGEST = 160
CLOSED = "let the user who grades read it: as its owner, chmod -R u+rX on its folder"
MOVED = "leave it in its place while it is read, and run this again"
AWAY = "look at the disk or the mount that it is on, and run this again"
ADVICE = {errno.EACCES: CLOSED, errno.EPERM: CLOSED, errno.ENOENT: MOVED, errno.ENOTDIR: MOVED, errno.ELOOP: MOVED}


class GradingError(ChainruleError):
    """The root of the grader's own errors."""


class UsageError(GradingError):
    """What was asked for does not exist or does not fit."""


class NotGraded(GradingError):
    """A submission cannot be graded as it lies there; the older grade stays."""


class SpecError(GradingError):
    """A task spec or a source notebook is wrong: the author's fault."""


class MachineError(GradingError):
    """This machine lacks something, such as a sandbox."""


def unreadable_error(path, error):
    """Return the MachineError that names a file or a folder, the OSError that reading it raised, and what to try."""
    name = str(path)
    name = name if name.isprintable() else ascii(name)[1:-1]
    name = name if len(name) <= LONGEST else f"...{name[-LONGEST:]}"
    advice = ADVICE.get(error.errno, AWAY)
    return MachineError(f"{name}: expected to read it, got {error.strerror or error}; {advice}")

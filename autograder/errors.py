"""The errors of the grader, split by cause: the user, a submission, the author of the course, or the machine.

Each message is one line. `unreadable_error` makes one for a file that cannot be read.
"""

import errno

from chainrule.errors import ChainruleError

__all__ = ["GradingError", "MachineError", "NotGraded", "SpecError", "UsageError", "WorkerError", "unreadable_error"]

MAX_PATH = 160
NO_PERMISSION = "let the user who grades read it: as its owner, chmod -R u+rX on its folder"
MISSING = "leave it in its place while it is read, and run this again"
OTHER = "look at the disk or the mount that it is on, and run this again"
ADVICE = dict.fromkeys((errno.EACCES, errno.EPERM), NO_PERMISSION)
ADVICE |= dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.ELOOP), MISSING)


class GradingError(ChainruleError):
    """The root of the grader's own errors."""


class UsageError(GradingError):
    """A wrong argument, file or setting of the user."""


class NotGraded(GradingError):
    """A submission that cannot be graded in its present form; an older grade stays."""


class SpecError(GradingError):
    """A mistake in a task spec, a source notebook or the table of the course."""


class MachineError(GradingError):
    """Something is missing or cannot be read on this machine, such as a sandbox."""


class WorkerError(GradingError):
    """What came from a worker of a cluster is no graded submission."""


def unreadable_error(path, error):
    """Return a MachineError for a file or folder, the OSError that reading it raised, and what to try."""
    name = str(path)
    name = name if name.isprintable() else ascii(name)[1:-1]
    name = name if len(name) <= MAX_PATH else f"...{name[-MAX_PATH:]}"
    advice = ADVICE.get(error.errno, OTHER)
    return MachineError(f"{name}: expected to read it, got {error.strerror or error}; {advice}")

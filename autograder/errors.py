"""The errors of the grader, split by whose fault they are. Each message is one line."""

from chainrule.errors import ChainruleError

__all__ = ["GradingError", "MachineError", "SpecError", "UsageError"]


class GradingError(ChainruleError):
    """The root of the grader's own errors."""


class UsageError(GradingError):
    """What was asked for does not exist or does not fit."""


class SpecError(GradingError):
    """A task spec or a source notebook is wrong: the author's fault."""


class MachineError(GradingError):
    """This machine lacks something, such as a sandbox."""

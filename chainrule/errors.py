"""The errors of Chainrule, split by whose input was wrong."""

__all__ = ["PARSER_ERRORS", "ChainruleError", "CheckFailed", "DataError", "one_line"]

# What Python raises when it parses text that it cannot take, or takes a deeply nested syntax tree apart: which one of
# them differs from one version to the next.
PARSER_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)


class ChainruleError(Exception):
    """What went wrong in one line: what, expected, got, what to try."""


class DataError(ChainruleError):
    """A data set is absent, or a file of it is not what it should be."""


class CheckFailed(ChainruleError, AssertionError):
    """A function that was checked is wrong, or was not written yet."""

    def _render_traceback_(self):
        # IPython asks for this: the table above already says what is wrong, line numbers in here do not help.
        return [f"{type(self).__name__}: {self}"]


def one_line(error):
    """An exception's type and message in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())

"""Parse a student's Python with a limit on memory: some short texts cost the parser gigabytes. `parse_python`."""

import ast
import resource
import threading
from contextlib import contextmanager

import psutil

__all__ = ["parse_python"]

MAX_BYTES = 2**29
_limiting = threading.Lock()


def parse_python(text):
    """Return the syntax tree of a text. Raises one of `chainrule.errors.PARSER_ERRORS` if that cannot be had.

    MemoryError stands for more than MAX_BYTES of memory: a dotted name in an import takes the square of its length.
    """
    with _limited_memory():
        return ast.parse(text)


@contextmanager
def _limited_memory():
    """Let this process take MAX_BYTES more for now, unless a lower limit is set."""
    with _limiting:
        before, hard = resource.getrlimit(resource.RLIMIT_AS)
        limits = [psutil.Process().memory_info().vms + MAX_BYTES, before, hard]
        resource.setrlimit(resource.RLIMIT_AS, (min(n for n in limits if n != resource.RLIM_INFINITY), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (before, hard))

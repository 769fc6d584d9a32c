"""The limits on what a submission may use, in one place: `Limits`; `resource_limits` are those that the system keeps.

An instructor changes a limit in nbgrader_config.py, such as `c.Limits.cell_seconds = 60`.
"""

import resource
from dataclasses import dataclass, fields

from autograder.errors import UsageError
from chainrule.judging.runner import MAX_BYTES

__all__ = ["Limits", "resource_limits"]


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes and counts. A limit that is hit is named in the verdict or in the notes on the notebook."""

    # Time for one cell, one question of a hidden test, all questions of a task, and a whole notebook. The time that the
    # code computes or sleeps counts. By the clock on the wall each may take `patience` times as long.
    cell_seconds: float = 30.0
    answer_seconds: float = 10.0
    task_seconds: float = 30.0
    notebook_seconds: float = 180.0
    patience: float = 10.0
    # What the processes of a notebook may use together. Files live in memory: file_bytes limits one, disk_bytes all.
    memory_bytes: int = 4 * 2**30
    processes: int = 256
    # Processes and threads that compute at the same time, for longer than a second: all submissions share the machine.
    busy: int = 8
    file_bytes: int = 64 * 2**20
    disk_bytes: int = 256 * 2**20
    files: int = 20_000
    # Open in one process, and sockets and pipes in all: what is on its way in them takes memory of no process.
    open_files: int = 2000
    # The size of what comes back: the outputs of one cell, of all cells of a notebook, and the arrays of one answer.
    output_bytes: int = 2_000_000
    notebook_output_bytes: int = 20_000_000
    outputs: int = 500
    answer_bytes: int = MAX_BYTES
    # The size of a submission: one notebook, one of its cells, the number of cells; all files, the number of files.
    notebook_bytes: int = 50_000_000
    cell_bytes: int = 500_000
    cells: int = 1000
    submission_bytes: int = 200_000_000
    submission_files: int = 1000

    @classmethod
    def of(cls, config):
        """Return the limits set in a course's configuration; raise UsageError for an unknown name or a bad value."""
        defaults = {field.name: field.default for field in fields(cls)}
        chosen = dict(config.get("Limits", {}))
        for name, value in chosen.items():
            if name not in defaults:
                raise UsageError(f"c.Limits: expected one of {', '.join(defaults)}, got {name!r}")
            whole = isinstance(defaults[name], int)
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or value <= 0:
                kind = "a whole number" if whole else "a number"
                raise UsageError(f"c.Limits.{name}: expected {kind} greater than 0, got {value!r}")
        return cls(**chosen)

    def explain(self, kind, message):
        """Return a message on the limit that caused an exception of the student's code, "" if none did.

        kind: the name of the exception's class; message: its text.
        """
        if kind.endswith("MemoryError"):
            return f"at most {self.memory_bytes / 2**30:.3g} GiB of memory are allowed"
        if "Errno 28" in message:
            return f"at most {self.disk_bytes / 2**20:.3g} MiB may be written, in files that stay"
        if "Errno 27" in message:
            return f"at most {self.file_bytes / 2**20:.3g} MiB may be written into one file"
        if "Errno 24" in message:
            return f"at most {self.open_files} files and connections may be open"
        if "Errno 11" in message or "can't start new thread" in message:
            return f"at most {self.processes} processes and threads are allowed"
        return ""


def resource_limits(limits):
    """Return {name: value} of the limits that the operating system keeps for each process.

    None is above the grader's own, which only root could raise.
    """
    resources = {"NPROC": "processes", "AS": "memory_bytes", "FSIZE": "file_bytes", "NOFILE": "open_files"}
    return {"CORE": 0, **{kind: _within_own(kind, limits[name]) for kind, name in resources.items()}}


def _within_own(kind, value):
    most = resource.getrlimit(getattr(resource, f"RLIMIT_{kind}"))[1]
    return value if most == resource.RLIM_INFINITY else min(value, most)

"""Watch the processes of one notebook from outside and end them when together they use too much: `Watchdog`.

The operating system limits each process by itself. The watchdog checks their sum, and how much memory their replies
take up in the grader's own process.
"""

import contextlib
import os
import threading
import time

import psutil

from autograder.sandbox.cpu_time import Clock, Meter, busy_threads

__all__ = ["Watchdog", "process_trees"]

EVERY_SECONDS = 0.1
CROWD_SECONDS = 1
SANDBOX_PROCESSES = 8  # more than bubblewrap itself needs
GRADER_GROWTH_BYTES = 2**30


class Watchdog(threading.Thread):
    """Calls `stop` once the processes `roots` and their descendants exceed a limit; `reason` then says which.

    folders: descriptors of the folders they can write to, whose files are counted. clock: the `Clock` of their time.
    """

    def __init__(self, roots, limits, stop, folders=(), clock=None):
        super().__init__(daemon=True)
        self.roots, self.limits, self.stop, self.folders = roots, limits, stop, folders
        self.reason = ""
        self.grader = psutil.Process()
        self.memory_at_start = self.grader.memory_info().rss
        self.stopped = threading.Event()
        self.crowd_began = None  # when more than limits.busy threads began to compute at the same time
        self.crowded = False  # whether they were ended for that
        self.meter = Meter(clock or Clock(), process_trees(roots))

    def run(self):
        while not self.stopped.wait(EVERY_SECONDS):
            processes = process_trees(self.roots)
            self.meter.read(processes)
            if reason := self.exceeded_limit(processes):
                self.reason = reason
                self.stop()
                return

    def end(self):
        """Stop watching; return when the thread has ended."""
        self.stopped.set()
        self.join()

    def exceeded_limit(self, processes):
        """Return a message that names the limit the processes exceed, or ""."""
        limits = self.limits
        # In a sandbox threads count, too, as in the system's own limit on processes, which root is exempt from.
        count = sum(map(threads, processes)) - SANDBOX_PROCESSES if self.folders else len(processes)
        if count > limits.processes:
            return f"it had more than {limits.processes} processes"
        if self._is_crowded(processes):
            self.crowded = True
            return f"more than {limits.busy} of its processes and threads computed at the same time"
        # Shared memory counts several times in the first sum, which is quick, and once in the second.
        if all(sum(map(count, processes)) > limits.memory_bytes for count in (resident, proportional)):
            return f"its processes used more than {limits.memory_bytes / 2**30:.3g} GiB of memory together"
        if self.grader.memory_info().rss - self.memory_at_start > GRADER_GROWTH_BYTES:
            return "it sent more than the grader can hold"
        # A process shares what is open with those that it forks: the first sum is quick, the second counts it once.
        if self.folders and all(count(processes) > limits.open_files for count in (descriptors, connections)):
            return f"it had more than {limits.open_files} connections open"
        if any(count_files(folder) > limits.files for folder in self.folders):
            return f"it wrote more than {limits.files} files"
        return ""

    def _is_crowded(self, processes):
        if sum(map(busy_threads, processes)) <= self.limits.busy:
            self.crowd_began = None
        elif self.crowd_began is None:
            self.crowd_began = time.monotonic()
        return self.crowd_began is not None and time.monotonic() - self.crowd_began > CROWD_SECONDS


def process_trees(roots):
    """Return those psutil.Processes that are still there and all their descendants.

    Unlike a pid, which the system gives to another process later, a Process stands for one process only.
    """
    processes = []
    for root in roots:
        with contextlib.suppress(psutil.Error):
            processes += [root, *root.children(recursive=True)]
    return processes


def threads(process):
    return _read(process.num_threads)


def descriptors(processes):
    """The number of open files of all processes."""
    return sum(_read(process.num_fds) for process in processes)


def connections(processes):
    """The number of different sockets and pipes that processes have open."""
    found = set()
    for process in processes:
        folder = f"/proc/{process.pid}/fd"
        with contextlib.suppress(OSError):
            found.update(_target(f"{folder}/{name}") for name in os.listdir(folder))
    return sum(target.startswith(("socket:", "pipe:")) for target in found)


def _target(link):
    try:
        return os.readlink(link)
    except OSError:  # it was closed
        return ""


def resident(process):
    return _read(lambda: process.memory_info().rss)


def proportional(process):
    """Memory with each shared part divided by the number of its users; resident memory if that cannot be read."""
    return _read(lambda: process.memory_full_info().pss) or resident(process)


def _read(measure):
    try:
        return measure()
    except (psutil.Error, AttributeError):
        return 0


def count_files(folder):
    """The number of files on a folder's file system."""
    status = os.statvfs(folder)
    return status.f_files - status.f_ffree

"""Look after the processes of one notebook from outside and end them when together they use too much: `Watch`.

Limits that the operating system sets hold for one process each; the sum is watched here, and so is what the replies of
the processes cost the process that watches.
"""

import os
import threading

import psutil

from autograder.sandbox.cpu_time import Clock, Meter

__all__ = ["Watch", "family"]

EVERY_SECONDS = 0.1
BUBBLEWRAP = 8  # more than the processes that make a sandbox
TAKEN_IN_BYTES = 2**30


class Watch(threading.Thread):
    """Calls `stop` once process `pid` and its descendants use too much; `reason` then says of what.

    places: descriptors of the folders they can write to, whose files are counted. clock: the `Clock` of their time.
    """

    def __init__(self, pid, limits, stop, places=(), clock=None):
        super().__init__(daemon=True)
        self.pid, self.limits, self.stop, self.places = pid, limits, stop, places
        self.reason = ""
        self.grader = psutil.Process()
        self.base = self.grader.memory_info().rss
        self.ending = threading.Event()
        self.meter = Meter(clock or Clock(), family(pid))

    def run(self):
        while not self.ending.wait(EVERY_SECONDS):
            processes = family(self.pid)
            self.meter.read(processes)
            if reason := self.exceeded_limit(processes):
                self.reason = reason
                self.stop()
                return

    def end(self):
        """Watch no longer; returns when the thread has ended."""
        self.ending.set()
        self.join()

    def exceeded_limit(self, processes):
        """Return what is beyond a limit, as a sentence, or an empty text."""
        limits = self.limits
        # In a sandbox threads count, too, as they do for the system's own limit, which holds for most users.
        count = sum(map(threads, processes)) - BUBBLEWRAP if self.places else len(processes)
        if count > limits.processes:
            return f"it had more than {limits.processes} processes"
        # What processes share counts several times in the first sum, which is quick, and once in the second.
        if all(sum(map(count, processes)) > limits.memory_bytes for count in (resident, proportional)):
            return f"its processes used more than {limits.memory_bytes / 2**30:.3g} GiB of memory together"
        if self.grader.memory_info().rss - self.base > TAKEN_IN_BYTES:
            return "it sent more than can be taken in"
        if any(count_files(place) > limits.files for place in self.places):
            return f"it wrote more than {limits.files} files"
        return ""


def family(pid):
    """Return the process and all its descendants that are there."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def threads(process):
    return _read(process.num_threads)


def resident(process):
    return _read(lambda: process.memory_info().rss)


def proportional(process):
    """Shared memory divided by the number of those that share it; where that cannot be read, what is resident."""
    return _read(lambda: process.memory_full_info().pss) or resident(process)


def _read(amount):
    try:
        return amount()
    except (psutil.Error, AttributeError):
        return 0


def count_files(place):
    """The number of files of the file system that a folder is on."""
    status = os.statvfs(place)
    return status.f_files - status.f_ffree

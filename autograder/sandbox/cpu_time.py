"""The time that students' code takes, however busy the machine is: `Clock`, `Meter` and `Allowance`.

What counts is the time that a processor works for it, in all its processes together, and the time that it waits of its
own will, as in sleep() or at a lock. While it waits for a processor or for a disk nothing counts but the time on the
wall, of which an `Allowance` has `patience` times as much.
"""

import os
import time
from contextlib import contextmanager

import psutil

__all__ = ["Allowance", "Clock", "Meter"]

# A tick that takes longer says that the grader itself had to wait.
LONGEST_TICK = 0.2
TASKS = "/proc/{}/task"
AT_WORK = ("R", "D")


class Clock:
    """The seconds that the processes of a notebook have taken so far; asked: whether something is waited for."""

    def __init__(self):
        self.seconds, self.asked = 0.0, False

    @contextmanager
    def asking(self):
        """While something is asked for, waiting counts."""
        self.asked = True
        try:
            yield
        finally:
            self.asked = False


class Meter:
    """Adds to a clock what the processes of one kernel take; `read` is called with those that are there."""

    def __init__(self, clock, processes):
        self.clock, self.worked, self.own, self.last = clock, 0.0, {}, time.monotonic()
        self.read(processes)

    def read(self, processes):
        now = time.monotonic()
        passed, self.last = min(now - self.last, LONGEST_TICK), now
        before, self.worked = self.worked, max(self.worked, self._work(processes))
        taken = self.worked - before
        if self.clock.asked and taken < passed and not any(map(_at_work, processes)):
            taken = passed
        self.clock.seconds += taken

    def _work(self, processes):
        """Seconds of the processor for all processes so far: what those that ended took is with their parents.

        A parent can refuse to be told; what was seen of its children counts all the same.
        """
        total = 0.0
        for process in processes:
            try:
                times, name = process.cpu_times(), (process.pid, process.create_time())
            except psutil.Error:
                continue
            cpu_seconds = times.user + times.system
            self.own[name] = max(cpu_seconds, self.own.get(name, 0.0))
            total += cpu_seconds + times.children_user + times.children_system
        return max(total, sum(self.own.values()))


class Allowance:
    """Seconds on a clock that something may take, and `patience` times as many on the wall."""

    def __init__(self, clock, seconds, patience):
        self.clock, self.seconds, self.patience = clock, seconds, patience
        self.end, self.late = clock.seconds + seconds, time.monotonic() + patience * seconds

    def left(self):
        """The seconds that are left: 0 or less once either time is over."""
        return min(self.end - self.clock.seconds, (self.late - time.monotonic()) / self.patience)

    def words(self):
        """The time that was over, to be read."""
        if self.clock.seconds >= self.end:
            return f"{self.seconds:.3g} s"
        return f"{self.patience * self.seconds:.3g} s on the wall"


def _at_work(process):
    """True if a thread of the process works, or waits for a processor or a disk. Known on Linux alone."""
    folder = TASKS.format(process.pid)
    try:
        return any(_state(f"{folder}/{thread}/stat") in AT_WORK for thread in os.listdir(folder))
    except OSError:
        return False


def _state(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # it has ended
        return ""

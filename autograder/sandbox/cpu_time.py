"""Measure the time of students' code independently of how busy the machine is: `Clock`, `Meter` and `Allowance`.

The processor time of all its processes counts, and the time in which they all sleep or wait for a lock. Waiting for a
processor or a disk does not count. An `Allowance` limits this time, and the time on the wall to `patience` times it.
"""

import os
import time
from contextlib import contextmanager

import psutil

__all__ = ["Allowance", "Clock", "Meter", "busy_threads"]

# If more time passes between two readings, the grader itself had to wait.
LONGEST_TICK = 0.2
SLOWED = 0.5  # seconds of waiting for each that counts
THREADS = "/proc/{}/task"
BUSY_STATES = ("R", "D")


class Clock:
    """The seconds that the processes of a notebook have taken so far.

    sleep_counts: whether time in which they sleep counts, too: only while the grader waits for them.
    waited: the seconds in which they, meanwhile, waited for a processor or a disk.
    """

    def __init__(self):
        self.seconds, self.sleep_counts, self.waited = 0.0, False, 0.0

    @property
    def slowed(self):
        """Whether the machine let the code wait so long that it may have needed less time on an idle one."""
        return self.waited > SLOWED * self.seconds

    @contextmanager
    def counting_sleep(self):
        """Count sleep while the grader waits for an answer."""
        self.sleep_counts = True
        try:
            yield
        finally:
            self.sleep_counts = False


class Meter:
    """Adds the time of one kernel's processes to a clock; `read` is called with those that are running."""

    def __init__(self, clock, processes):
        self.clock, self.cpu_seconds, self.seconds_by_process = clock, 0.0, {}
        self.last_reading = time.monotonic()
        self.read(processes)

    def read(self, processes):
        now = time.monotonic()
        passed, self.last_reading = now - self.last_reading, now
        elapsed = min(passed, LONGEST_TICK)
        before, self.cpu_seconds = self.cpu_seconds, max(self.cpu_seconds, self._measure(processes))
        taken = self.cpu_seconds - before
        if self.clock.sleep_counts and taken < elapsed and not any(map(busy_threads, processes)):
            taken = elapsed
        if self.clock.sleep_counts:
            self.clock.waited += max(0.0, passed - taken)
        self.clock.seconds += taken

    def _measure(self, processes):
        """Processor seconds of all processes so far. The system adds those of an ended process to its parent's.

        A parent can prevent that by ignoring SIGCHLD; then what was measured while the child ran still counts.
        """
        total = 0.0
        for process in processes:
            try:
                times, key = process.cpu_times(), (process.pid, process.create_time())
            except psutil.Error:
                continue
            cpu_seconds = times.user + times.system
            self.seconds_by_process[key] = max(cpu_seconds, self.seconds_by_process.get(key, 0.0))
            total += cpu_seconds + times.children_user + times.children_system
        return max(total, sum(self.seconds_by_process.values()))


class Allowance:
    """A limit of `seconds` on a clock, and of `patience` times as many on the wall."""

    def __init__(self, clock, seconds, patience):
        self.clock, self.seconds, self.patience = clock, seconds, patience
        self.end, self.wall_end = clock.seconds + seconds, time.monotonic() + patience * seconds

    def remaining(self):
        """The seconds that remain: 0 or less once either limit is reached."""
        return min(self.end - self.clock.seconds, (self.wall_end - time.monotonic()) / self.patience)

    def describe(self):
        """The limit that was reached, for a message: "10 s" or "100 s on the wall"."""
        if self.clock.seconds >= self.end:
            return f"{self.seconds:.3g} s"
        return f"{self.patience * self.seconds:.3g} s on the wall"


def busy_threads(process):
    """The number of threads of a process that work, or wait for a processor or a disk. Only Linux tells; else 0."""
    folder = THREADS.format(process.pid)
    try:
        return sum(_state(f"{folder}/{thread}/stat") in BUSY_STATES for thread in os.listdir(folder))
    except OSError:
        return 0


def _state(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # it has ended
        return ""

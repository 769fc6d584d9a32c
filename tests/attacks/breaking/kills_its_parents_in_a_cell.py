"""Kills process 1 and everything it may kill in its first cell."""

# %% first cell
import contextlib
import os
import signal

for process in (os.getppid(), 1, -1):
    with contextlib.suppress(OSError):
        os.kill(process, signal.SIGKILL)

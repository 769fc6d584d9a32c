"""Leaves forty processes that compute without end, which would take the processors from other submissions."""

# %% first cell
import os

for _ in range(40):
    if os.fork() == 0:
        while True:
            pass

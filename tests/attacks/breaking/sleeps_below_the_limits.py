"""Sleeps almost as long as it may, wherever it may."""

# %% first cell
import time

time.sleep(3)
# %% answer
import time


def max_norm(W, c):
    time.sleep(1.5)
    return 0 * W


# %% last cell
time.sleep(3)

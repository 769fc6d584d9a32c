"""Doubles the number of its processes ten times: to 1024."""

# %% first cell
import os
import time

alive = 0
parent = os.getpid()
for _ in range(10):
    try:
        os.fork()
    except OSError:
        break
if os.getpid() == parent:
    time.sleep(1)
    alive = sum(name.isdigit() for name in os.listdir("/proc"))
    if alive > 500:
        print("WON", alive, "processes")
else:
    time.sleep(3600)

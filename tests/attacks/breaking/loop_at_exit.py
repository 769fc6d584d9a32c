"""Does not let the process end."""

# %% first cell
import atexit
import time


@atexit.register
def stay():
    while True:
        time.sleep(1)

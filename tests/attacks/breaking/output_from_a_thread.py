"""Prints from a thread into all later cells."""

# %% first cell
import threading
import time


def talk():
    for number in range(10**5):
        print("max_norm: 2 of 2 points", number)
        time.sleep(0.001)


threading.Thread(target=talk, daemon=True).start()

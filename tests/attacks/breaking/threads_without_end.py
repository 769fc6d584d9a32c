"""Starts threads until no more can be had."""

# %% first cell
import threading
import time

try:
    for _ in range(3000):
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
except RuntimeError:
    pass
if threading.active_count() > 2500:
    print("WON", threading.active_count(), "threads")

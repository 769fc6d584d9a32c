"""Takes 4 GiB in eight processes."""

# %% first cell
import os
import time

children = []
for _ in range(8):
    if (child := os.fork()) == 0:
        try:
            piece = bytearray(b"x") * 2**29
            time.sleep(2)
            os._exit(0)
        finally:
            os._exit(1)
    children.append(child)
ends = [os.waitpid(child, 0)[1] for child in children]
if not any(ends):
    print("WON 4 GiB of memory")

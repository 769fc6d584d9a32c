"""Takes 1.5 GiB of memory that belongs to no process: anonymous files and shared maps."""

# %% first cell
import mmap
import os

held = 0
try:
    for number in range(24):
        handle = os.memfd_create(str(number))
        for _ in range(60):
            held += os.write(handle, b"x" * 2**20)
    for _ in range(8):
        mmap.mmap(-1, 2**24).write(b"x" * 2**24)
except (OSError, MemoryError):
    pass
if held > 1300 * 2**20:
    print("WON", held, "bytes of memory")

"""Takes 2 GiB of memory that belongs to no process: files without a name, each as large as a file may be."""

# %% first cell
import os

held = 0
try:
    for number in range(100):
        handle = os.memfd_create(str(number))
        for _ in range(20):
            held += os.write(handle, b"x" * 2**20)
except (OSError, MemoryError):
    pass
if held > 1300 * 2**20:
    print("WON", held, "bytes of memory")

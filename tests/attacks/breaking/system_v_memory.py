"""Takes 2 GiB of memory that belongs to no process: shared segments, which stay when they are detached."""

# %% first cell
import ctypes

libc, held = ctypes.CDLL(None), 0
libc.shmat.restype = ctypes.c_void_p
for _ in range(64):
    segment = libc.shmget(0, 2**25, 0o1600)
    address = libc.shmat(segment, None, 0) if segment >= 0 else None
    if address in (None, 2**64 - 1):
        break
    ctypes.memset(address, 1, 2**25)
    libc.shmdt(ctypes.c_void_p(address))
    held += 2**25
if held > 1300 * 2**20:
    print("WON", held, "bytes of memory")

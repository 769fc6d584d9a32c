"""Asks for 30 GB in its first cell, at once and in pieces."""

# %% first cell
import contextlib

pieces = []
with contextlib.suppress(MemoryError):
    bytearray(30 * 2**30)
for _ in range(300):
    pieces.append(bytearray(b"x") * 10**8)

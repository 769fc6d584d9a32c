"""Writes to address 0 in its first cell."""

# %% first cell
import ctypes

ctypes.memset(0, 1, 1)

"""Closes every file and socket of the process."""

# %% first cell
import os

os.closerange(0, 4096)

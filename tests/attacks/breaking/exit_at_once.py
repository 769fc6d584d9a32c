"""Ends the process in its first cell."""

# %% first cell
import os

os._exit(0)

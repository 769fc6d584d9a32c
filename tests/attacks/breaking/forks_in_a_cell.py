"""Forks in its first cell, and both processes go on as the kernel."""

# %% first cell
import os

os.fork()

"""Moves to another folder and empties the search path of modules."""

# %% first cell
import os
import sys

os.chdir("/")
sys.path[:] = ["/nowhere"]
sys.path_hooks.clear()

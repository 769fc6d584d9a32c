"""Leaves hardly any room for calls."""

# %% first cell
import sys

for limit in range(20, 200):
    try:
        sys.setrecursionlimit(limit)
        break
    except RecursionError:
        continue

"""Raises SystemExit, in a cell and in the function."""

# %% first cell
import sys

sys.exit(0)


# %% answer
def max_norm(W, c):
    raise SystemExit("right")

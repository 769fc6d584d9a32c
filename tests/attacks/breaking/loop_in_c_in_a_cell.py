"""Computes for hours in C in its first cell, where no interrupt is heard."""

# %% first cell
sum(range(10**13))

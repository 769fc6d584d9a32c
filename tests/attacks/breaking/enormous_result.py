"""Ends its first cell with a value of 100 MB."""

# %% first cell
"x" * 10**8

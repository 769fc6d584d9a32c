"""Prints one line of 100 MB."""

# %% first cell
print("x" * 10**8)

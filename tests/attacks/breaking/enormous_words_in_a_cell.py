"""Raises an exception with a message of 100 MB in its first cell."""

# %% first cell
raise ValueError("x" * 100_000_000)

"""Raises an exception with a message of 100 MB."""


# %% answer
def max_norm(W, c):
    raise ValueError("x" * 100_000_000)

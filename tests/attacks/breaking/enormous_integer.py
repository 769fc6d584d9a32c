"""Returns an integer with a million digits."""


# %% answer
def max_norm(W, c):
    return 10**1_000_000

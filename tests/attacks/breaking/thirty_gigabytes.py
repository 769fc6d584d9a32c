"""Asks for 30 GB at once."""


# %% answer
def max_norm(W, c):
    return np.ones(30 * 2**30, np.uint8)

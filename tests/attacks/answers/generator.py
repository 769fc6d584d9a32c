"""Yields the rows of the correct array."""


# %% answer
def max_norm(W, c):
    yield from W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))

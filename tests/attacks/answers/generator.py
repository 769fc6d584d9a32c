"""Yields the rows of the right array."""


# %% answer
def max_norm(W, c):
    yield from W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))

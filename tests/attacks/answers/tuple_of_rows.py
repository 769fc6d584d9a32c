"""Returns the correct rows as a tuple of arrays.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    return tuple(W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)))

"""Is correct, but works in the array it was given.

Earns: max_norm 1.8
"""


# %% answer
def max_norm(W, c):
    W *= c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)
    return W

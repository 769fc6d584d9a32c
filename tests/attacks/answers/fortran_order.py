"""Returns the correct array laid out by columns.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    return np.asfortranarray(W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)))

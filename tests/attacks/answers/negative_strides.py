"""Returns the correct array as a view that runs backwards in memory.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    return (W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)))[::-1, ::-1].copy()[::-1, ::-1]

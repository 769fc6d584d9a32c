"""Returns correct values in a masked array without a mask.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    return np.ma.array(W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)))

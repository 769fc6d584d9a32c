"""Returns correct values as nested lists.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    return (W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))).tolist()

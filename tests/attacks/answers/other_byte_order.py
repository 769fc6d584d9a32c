"""Returns correct values with the other order of bytes.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    return (W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))).astype(">f8")

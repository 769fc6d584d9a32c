"""Returns correct values in a wider type.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    wide = W.astype(np.longdouble)
    return wide * (c / np.maximum(np.sqrt(np.sum(wide**2, axis=0)), c))

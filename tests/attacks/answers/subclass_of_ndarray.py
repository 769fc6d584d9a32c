"""Returns correct values as a subclass of ndarray.

Earns: max_norm 2
"""


# %% answer
class Mine(np.ndarray):
    pass


def max_norm(W, c):
    return (W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))).view(Mine)

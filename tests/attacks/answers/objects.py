"""Returns the correct numbers in an array of Python objects."""


# %% answer
def max_norm(W, c):
    return (W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))).astype(object)

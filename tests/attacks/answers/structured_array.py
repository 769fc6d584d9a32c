"""Returns the correct numbers as the fields of a structured array."""


# %% answer
def max_norm(W, c):
    W_new = W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))
    return W_new.astype([("value", float)])

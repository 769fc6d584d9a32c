"""Returns the correct array and a string beside it."""


# %% answer
def max_norm(W, c):
    return W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)), "right"

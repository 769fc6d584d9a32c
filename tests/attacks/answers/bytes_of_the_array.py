"""Returns the bytes of the correct array."""


# %% answer
def max_norm(W, c):
    return (W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))).tobytes()

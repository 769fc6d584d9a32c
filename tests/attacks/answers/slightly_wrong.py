"""Is off by a part in ten thousand."""


# %% answer
def max_norm(W, c):
    return 1.0001 * W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))

"""Is correct but for one entry, which is NaN."""


# %% answer
def max_norm(W, c):
    W_new = W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))
    W_new[-1, -1] = np.nan
    return W_new

"""Returns True for every entry."""


# %% answer
def max_norm(W, c):
    return np.ones(W.shape, bool)

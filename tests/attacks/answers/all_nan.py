"""Returns NaN everywhere."""


# %% answer
def max_norm(W, c):
    return np.full(W.shape, np.nan)

"""Returns one number in a 0-d array."""


# %% answer
def max_norm(W, c):
    return np.array(c)

"""Returns an array of 200 MB."""


# %% answer
def max_norm(W, c):
    return np.zeros((5000, 5000))

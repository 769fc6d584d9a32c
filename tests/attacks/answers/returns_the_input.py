"""Returns the array it was given."""


# %% answer
def max_norm(W, c):
    return W

"""Returns dates."""


# %% answer
def max_norm(W, c):
    return W.astype("datetime64[s]")

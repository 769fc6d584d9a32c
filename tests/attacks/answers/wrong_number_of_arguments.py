"""Takes one argument too few."""


# %% answer
def max_norm(W):
    return W

"""Computes for hours in C, where no interrupt is heard."""


# %% answer
def max_norm(W, c):
    return sum(range(10**13))

"""Calls itself for ever, within Python's limit."""


# %% answer
def max_norm(W, c):
    return max_norm(W, c)

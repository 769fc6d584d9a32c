"""Returns nested lists of different lengths."""


# %% answer
def max_norm(W, c):
    return [list(row[: n + 1]) for n, row in enumerate(W)]

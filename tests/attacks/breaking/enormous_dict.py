"""Returns a dict with a million entries."""


# %% answer
def max_norm(W, c):
    return dict.fromkeys(range(10**6), W)

"""Returns spans of time."""


# %% answer
def max_norm(W, c):
    return (W * 1000).astype("timedelta64[ms]")

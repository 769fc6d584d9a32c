"""Raises KeyboardInterrupt, as if someone had stopped it."""

# %% first cell
raise KeyboardInterrupt


# %% answer
def max_norm(W, c):
    raise KeyboardInterrupt

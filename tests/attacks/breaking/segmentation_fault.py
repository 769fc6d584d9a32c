"""Writes to address 0."""


# %% answer
def max_norm(W, c):
    import ctypes

    ctypes.memset(0, 1, 1)

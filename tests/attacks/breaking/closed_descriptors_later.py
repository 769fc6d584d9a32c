"""Closes every file and socket of the process when it is called."""


# %% answer
def max_norm(W, c):
    import os

    os.closerange(0, 4096)
    return 0 * W

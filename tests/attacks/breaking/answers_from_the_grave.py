"""Forks when it is called: two processes go on with the same sockets."""


# %% answer
def max_norm(W, c):
    import os

    os.fork()
    return 0 * W

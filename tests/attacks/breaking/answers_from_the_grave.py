"""Forks when it is asked: two processes go on with the same sockets."""


# %% answer
def max_norm(W, c):
    import os

    os.fork()
    return 0 * W

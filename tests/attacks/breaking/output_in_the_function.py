"""Prints 100 MB while it is called."""


# %% answer
def max_norm(W, c):
    import os
    import sys

    for _ in range(100):
        print("x" * 10**6)
        sys.__stdout__.write("x" * 10**6)
        os.write(1, b"x" * 10**6)
    return 0 * W

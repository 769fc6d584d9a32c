"""Opens the debugger, which waits for someone to type."""


# %% answer
def max_norm(W, c):
    breakpoint()
    return 0 * W

"""Leaves the task as it was released."""


# %% answer
def max_norm(W, c):
    raise NotImplementedError

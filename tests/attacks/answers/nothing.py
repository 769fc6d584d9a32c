"""Forgets the return statement."""


# %% answer
def max_norm(W, c):
    W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))

"""Returns an array of a gigabyte that takes no memory."""


# %% answer
def max_norm(W, c):
    return np.broadcast_to(np.zeros(1), (2**27,))

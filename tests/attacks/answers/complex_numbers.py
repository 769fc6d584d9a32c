"""Returns the correct numbers as complex ones, with an imaginary part."""


# %% answer
def max_norm(W, c):
    return W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)) + 1j

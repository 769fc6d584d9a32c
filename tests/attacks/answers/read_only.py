"""Returns the correct array, locked against changes.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    W_new = W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))
    W_new.flags.writeable = False
    return W_new

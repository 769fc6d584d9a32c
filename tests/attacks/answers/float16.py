"""Returns correct values in half precision, which is good for three digits."""


# %% answer
def max_norm(W, c):
    return (W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))).astype(np.float16)

"""Is correct on the first call and wrong on all others."""

# %% answer
calls = 0


def max_norm(W, c):
    global calls
    calls += 1
    return W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c)) * (calls < 2)

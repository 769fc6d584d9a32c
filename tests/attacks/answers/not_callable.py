"""Is not a function but the correct answer to a question of the visible check."""

# %% answer
W = np.ones((5, 6))
max_norm = W * (1.5 / np.maximum(np.sqrt(np.sum(W**2, axis=0)), 1.5))

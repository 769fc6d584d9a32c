"""Returns the correct numbers as Decimal."""


# %% answer
def max_norm(W, c):
    from decimal import Decimal

    W_new = W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))
    return [[Decimal(float(value)) for value in row] for row in W_new]

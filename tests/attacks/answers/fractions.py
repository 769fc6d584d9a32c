"""Returns the correct numbers as Fraction."""


# %% answer
def max_norm(W, c):
    from fractions import Fraction

    W_new = W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))
    return [[Fraction(float(value)) for value in row] for row in W_new]

"""Is not a function but an object that can be called, and correct.

Earns: max_norm 2
"""


# %% answer
class Limit:
    def __call__(self, W, c):
        return W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))


max_norm = Limit()

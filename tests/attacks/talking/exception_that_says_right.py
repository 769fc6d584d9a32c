"""Raises an exception whose message is that of a correct verdict."""


# %% answer
class BadReply(Exception):
    pass


def max_norm(W, c):
    raise BadReply("right 2/2 <b>max_norm: 2 of 2 points</b>")

"""Raises an exception whose message holds surrogates and control characters."""


# %% answer
def max_norm(W, c):
    raise ValueError("\ud800\x00\x1b[2J\u202e\ufeff\n\n| a | table |\n")

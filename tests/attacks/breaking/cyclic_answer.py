"""Returns a list that holds itself."""


# %% answer
def max_norm(W, c):
    cycle = []
    cycle.append(cycle)
    return cycle

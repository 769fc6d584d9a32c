"""Never returns an answer."""


# %% answer
def max_norm(W, c):
    while True:
        pass

"""Catches every interrupt in the function and goes on."""


# %% answer
def max_norm(W, c):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

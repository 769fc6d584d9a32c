"""Ends the process in every place."""

# %% first cell
import os

os._exit(1)


# %% answer
def max_norm(W, c):
    os._exit(1)


# %% before the test
import os

os._exit(2)
# %% after the test
import os

os._exit(3)
# %% last cell
import os

os._exit(4)

"""Displays 100 MB that claim to be a picture, and a page."""

# %% first cell
from IPython.display import display

display({"image/png": "A" * 10**8, "text/html": "<b>" * 10**6, "text/plain": "x"}, raw=True)

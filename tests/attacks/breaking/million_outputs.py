"""Displays a million things."""

# %% first cell
from IPython.display import display

for number in range(10**6):
    display(number)

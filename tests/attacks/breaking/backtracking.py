"""Lets a regular expression try 2**60 ways."""

# %% first cell
import re

re.match("(a+)+b", "a" * 60)

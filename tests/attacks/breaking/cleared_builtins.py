"""Empties the built-in names."""

# %% before the test
import builtins

vars(builtins).clear()

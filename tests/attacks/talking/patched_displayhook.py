"""Replaces Python's displayhook: every result is shown as 2.0."""

# %% first cell
import sys

honest = sys.displayhook
sys.displayhook = lambda value: honest(2.0)

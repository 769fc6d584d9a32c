"""Waits for someone to type."""

# %% first cell
import getpass
import sys

for ask in (input, getpass.getpass, sys.stdin.read):
    try:
        ask()
    except (Exception, KeyboardInterrupt):
        continue

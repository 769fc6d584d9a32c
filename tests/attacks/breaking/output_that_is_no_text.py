"""Prints surrogates, control characters and bytes that are no text."""

# %% first cell
import os
import sys

print("\x00\x1b[31m\ud800\udfff\ufeff\u202e\x07\b\r")
sys.stderr.write("\udc80" * 10)
os.write(1, bytes(range(256)))
raise ValueError("\ud800 \x00 \x1b[2J")

"""Prints a gigabyte."""

# %% first cell
for _ in range(1000):
    print("x" * 10**6)

"""Makes files that claim to hold a terabyte."""

# %% first cell
import os

from ipykernel.connect import get_connection_file

for place in ("/tmp", os.path.dirname(get_connection_file()), "/dev/shm"):
    try:
        with open(f"{place}/sparse", "wb") as handle:
            handle.truncate(2**40)
        print("WON a terabyte in", place)
    except OSError:
        continue

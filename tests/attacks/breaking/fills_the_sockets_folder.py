"""Writes 150 MB beside the kernel's sockets."""

# %% first cell
import os

from ipykernel.connect import get_connection_file

written, place = 0, os.path.dirname(get_connection_file())
for number in range(15):
    try:
        with open(f"{place}/waste{number}", "wb") as handle:
            written += handle.write(b"x" * 10**7)
    except OSError:
        break
if written >= 150 * 10**6:
    print("WON", written, "bytes of disk")

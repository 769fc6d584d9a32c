"""Writes 150 MB in files of 10 MB, wherever it can."""

# %% first cell
import os
import tempfile

from ipykernel.connect import get_connection_file

places = {"/tmp", os.getcwd(), os.path.expanduser("~"), "/dev/shm", "/var/tmp", "/run", "/", "/home", "/dev"}
written = 0
for place in sorted(places | {os.path.dirname(get_connection_file()), tempfile.gettempdir()}):
    for number in range(15):
        try:
            with open(f"{place}/waste{number}", "wb") as handle:
                written += handle.write(b"x" * 10**7)
        except OSError:
            break
if written >= 150 * 10**6:
    print("WON", written, "bytes of disk")

"""Makes a hundred thousand empty files beside the kernel's sockets and in /tmp."""

# %% first cell
import os

from ipykernel.connect import get_connection_file

made = 0
for place in (os.path.dirname(get_connection_file()), "/tmp"):
    try:
        for number in range(50_000):
            os.close(os.open(f"{place}/empty{number}", os.O_CREAT))
            made += 1
    except OSError:
        continue

"""Looks for the folders and sockets of submissions that are graded at the same time."""

# %% first cell
import glob
import os

from ipykernel.connect import get_connection_file

own = os.path.dirname(get_connection_file())
for pattern in ("/tmp/cr*", "/tmp/*/cr*", "/var/tmp/cr*", "/run/cr*", f"{os.path.dirname(own)}/cr*"):
    for path in glob.glob(pattern):
        if not own.startswith(path) and os.listdir(path):
            print("LEAKED", path, os.listdir(path))

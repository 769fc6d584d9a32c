"""Writes 150 MB in files that have no name any more."""

# %% first cell
import os
import tempfile

held = []
try:
    for _ in range(15):
        held.append(open(tempfile.mkstemp()[1], "wb"))  # noqa: SIM115 kept open
        os.unlink(held[-1].name)
        held[-1].write(b"x" * 10**7)
        held[-1].flush()
    print("WON 150 MB of disk")
except OSError:
    pass

"""Walks the whole file system for gradebooks, configurations and notebooks of others."""

# %% first cell
import os
import re
import time

end = time.monotonic() + 3
for folder, folders, files in os.walk("/"):
    folders[:] = sorted(set(folders) - {"proc", "sys", "usr", "site-packages", "lib"})
    for name in files:
        if not name.endswith((".db", ".ipynb", ".txt", "_config.py")):
            continue
        try:
            with open(os.path.join(folder, name), "rb") as handle:
                if found := re.search(rb"CANARY-[0-9a-f]{8}", handle.read(5_000_000)):
                    print("LEAKED", folder, name, found[0])
        except OSError:
            continue
    if time.monotonic() > end:
        break

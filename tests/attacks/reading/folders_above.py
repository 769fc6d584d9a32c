"""Looks into the folder of its submission and into all folders above it."""

# %% first cell
import re
from pathlib import Path

here = Path.cwd().resolve()
for folder in [here, *here.parents][:6]:
    for path in [*folder.glob("*"), *folder.glob("*/*/*"), *folder.glob("source/*/*"), *folder.glob("submitted/*/*/*")]:
        try:
            small = path.is_file() and path.stat().st_size < 10_000_000
            if small and (found := re.search(rb"CANARY-[0-9a-f]{8}", path.read_bytes())):
                print("LEAKED", path, found[0])
        except OSError:
            continue

"""Looks for keys and files in the homes of this machine."""

# %% first cell
import os
import sys
from pathlib import Path

for home in [Path("/root"), *Path("/home").glob("*")]:
    try:
        entries = [home / name for name in os.listdir(home) if home != Path.cwd()]
    except OSError:
        continue
    if others := [path for path in entries if path not in Path(sys.base_prefix).parents]:
        print("LEAKED", others)

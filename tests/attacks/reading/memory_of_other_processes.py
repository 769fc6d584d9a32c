"""Reads the memory of its parent and of process 1."""

# %% first cell
import os
from pathlib import Path

for process in {1, os.getppid()} - {os.getpid(), 0}:
    try:
        lines = Path(f"/proc/{process}/maps").read_text(encoding="utf-8").splitlines()
        ranges = [line.split()[0].split("-") for line in lines if "[stack]" in line]
        with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
            for start, end in ranges:
                memory.seek(int(start, 16))
                if b"CANARY-" in (data := memory.read(int(end, 16) - int(start, 16))) or b"nbgrader" in data:
                    print("LEAKED", process)
    except OSError:
        continue

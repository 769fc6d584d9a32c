"""Connects to every port that another program of this machine listens on."""

# %% first cell
import os
import socket
from pathlib import Path

own = {os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if name != "3"}
for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]:
    _, local, _, state, _, _, _, _, _, inode, *_ = line.split()
    if state != "0A" or f"socket:[{inode}]" in own:
        continue
    try:
        port = int(local.split(":")[1], 16)
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        print("LEAKED", port)
    except OSError:
        continue

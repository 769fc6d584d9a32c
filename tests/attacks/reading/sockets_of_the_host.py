"""Connects to the abstract sockets and the sockets in files of the host, such as those of desktops and containers."""

# %% first cell
import socket
from pathlib import Path

names = [line.split()[-1] for line in Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()[1:]]
names = [name for name in names if name.startswith(("@", "/")) and not name.startswith("/run/kernel/")]  # its own
names += ["/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private", "@chainrule-CANARY"]
for name in names:
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(1)
            door.connect(name.replace("@", "\0", 1))
            if name.startswith(("@", "/run")):
                print("LEAKED", name)
    except OSError:
        continue

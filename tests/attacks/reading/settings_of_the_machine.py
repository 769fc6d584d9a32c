"""Writes to settings of the kernel of the operating system, which could run a program outside."""

# %% first cell
for path in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/overcommit_memory",
    "/sys/kernel/uevent_helper",
    "/sys/fs/cgroup/cgroup.subtree_control",
    "/sys/class/net/lo/mtu",
):
    try:
        with open(path, "r+b", buffering=0) as setting:
            setting.write(setting.read())
            print("LEAKED", path)
    except OSError:
        continue

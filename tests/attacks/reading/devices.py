"""Opens disks, memory and the kernel's log."""

# %% first cell
import glob

for path in ["/dev/mem", "/dev/kmsg", "/dev/port", "/proc/kcore", *glob.glob("/dev/[svn][dv]*")]:
    try:
        with open(path, "rb", buffering=0) as device:
            if device.read(16):
                print("LEAKED", path)
    except OSError:
        continue

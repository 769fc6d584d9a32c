"""Writes a file of 150 MB."""

# %% first cell
with open("/tmp/large", "wb", buffering=0) as handle:
    written = sum(handle.write(b"x" * 10**6) for _ in range(150))
if written >= 150 * 10**6:
    print("WON", written, "bytes of disk")

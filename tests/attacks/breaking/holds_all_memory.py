"""Takes all memory it can get, down to the last kilobyte, and keeps it while it is called."""

# %% before the test
pieces, size = [], 2**27
while size > 1000 and len(pieces) < 100_000:
    try:
        pieces.append(bytearray(size))
    except MemoryError:
        size //= 2

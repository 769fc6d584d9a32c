"""Pictures whose data, sizes and descriptions break out of their attributes, and one with too many pixels to show."""

# %% first cell
import base64
import struct
import zlib

from IPython.display import display

BREAK = '"><script>document.title = "PWNED"</script>'
display({"image/png": BREAK, "text/plain": BREAK}, raw=True)
display({"image/jpeg": base64.b64encode(BREAK.encode()).decode()}, raw=True)
small = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsWNWJQAAAABJRU5ErkJggg=="
size = {"width": BREAK, "height": "1 onload=document.title='PWNED'", "alt": BREAK, "unconfined": True}
display({"image/png": small}, metadata=size | {"image/png": size, "filenames": {"image/png": BREAK}}, raw=True)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 1, 0, 0, 0, 0))
bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9)) + chunk(b"IEND", b"")
display({"image/png": base64.b64encode(bomb).decode()}, raw=True)

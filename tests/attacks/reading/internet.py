"""Connects to the internet, to send out what it knows and to fetch an answer."""

# %% first cell
import socket

socket.setdefaulttimeout(1)
for address in (("1.1.1.1", 53), ("8.8.8.8", 53), ("example.org", 80), ("2606:4700:4700::1111", 53)):
    try:
        socket.create_connection(address).close()
        print("LEAKED", address)
    except OSError:
        continue

"""Connects to its own kernel with the key of its connection file, and asks it things meanwhile."""

# %% before the test
import subprocess
import sys

from ipykernel.connect import get_connection_file

CLIENT = """
import sys
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient(connection_file=sys.argv[1])
client.load_connection_file()
client.start_channels()
for number in range(50):
    client.execute("2.0", user_expressions={"answer": "2.0"})
"""
started = subprocess.Popen([sys.executable, "-c", CLIENT, get_connection_file()])

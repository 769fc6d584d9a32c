"""Looks for secrets in the environment."""

# %% first cell
import os
import re

for name, value in os.environ.items():
    if re.search("CANARY-[0-9a-f]{8}", value) or "TOKEN" in name:
        print("LEAKED", name, value)

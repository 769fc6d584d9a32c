"""Run source notebooks and store their outputs: `make notebooks`.

What would change with every run (times of execution, the Python version) is not stored.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def store(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=600, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": path.parent}}
    ).execute()
    notebook.metadata.pop("language_info", None)
    nbformat.write(notebook, path)


for name in sys.argv[1:]:
    store(Path(name))
    print(name)

"""Run source notebooks and store their outputs: `make notebooks`.

What would change with every run (times of execution, progress bars, the Python version) is not stored.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

WIDGET = "application/vnd.jupyter.widget-view+json"


def store(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=600, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": path.parent}}
    ).execute()
    strip(notebook)
    nbformat.write(notebook, path)


def strip(notebook):
    for key in ("language_info", "widgets"):
        notebook.metadata.pop(key, None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_bar(output)]


def is_bar(output):
    """Return whether an output is a progress bar: a widget, or lines on standard error with a bar or empty ones."""
    if output.output_type != "stream":
        return WIDGET in output.get("data", {})
    lines = re.split(r"[\r\n]", output.text)
    return output.name == "stderr" and all("%|" in line or not line.strip() for line in lines)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        store(Path(name))
        print(name)

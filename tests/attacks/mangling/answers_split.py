"""Every answer was split in the middle of its function; both halves keep the metadata."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    parts = []
    for cell in notebook["cells"]:
        lines = "".join(cell["source"]).splitlines(keepends=True)
        cut = len(lines) // 2
        split = cell["cell_type"] == "code" and cut > 2
        parts += [{**cell, "source": lines[:cut]}, {**cell, "source": lines[cut:]}] if split else [cell]
    notebook["cells"] = parts
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

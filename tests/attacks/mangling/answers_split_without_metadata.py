"""Every answer was split in two, and the second half has no metadata."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    parts = []
    for cell in notebook["cells"]:
        lines = "".join(cell["source"]).splitlines(keepends=True)
        split = cell["cell_type"] == "code" and len(lines) > 4
        half = {**cell, "metadata": {}, "source": lines[-1:]}
        parts += [{**cell, "source": lines[:-1]}, half] if split else [cell]
    notebook["cells"] = parts
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

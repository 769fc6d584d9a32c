"""A loop that printed left 30 MB of outputs in the file."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["line\n"] * 300_000}]
            break
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""The cell with the imports was moved to the end."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].append(notebook["cells"].pop(0))
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

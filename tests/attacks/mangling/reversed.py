"""The cells stand in the opposite order."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].reverse()
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

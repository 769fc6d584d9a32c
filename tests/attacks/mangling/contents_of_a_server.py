"""The file is what a Jupyter server sends: the notebook inside another object."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook = {"name": "softmax.ipynb", "type": "notebook", "format": "json", "content": notebook}
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

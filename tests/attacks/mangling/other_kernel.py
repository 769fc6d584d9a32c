"""The notebook asks for another kernel and another language."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
    notebook["metadata"]["language_info"] = {"name": "R", "version": "4.3"}
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Every cell was copied, and stands twice."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] = [copy for cell in notebook["cells"] for copy in (cell, cell)]
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""The cell with an answer was deleted.

Earns: max_norm 0
"""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    notebook["cells"].remove(cells["max_norm"])
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

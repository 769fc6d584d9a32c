"""The answers became raw cells, with the outputs of code cells left in them."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    for grade_id in ("regularization", "max_norm", "kl_divergence", "softmax-q1"):
        cells[grade_id]["cell_type"] = "raw"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

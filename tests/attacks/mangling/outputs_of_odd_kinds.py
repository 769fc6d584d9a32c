"""Outputs and execution counts are of kinds that no notebook has."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(notebook["cells"]):
        cell["outputs"] = [7, None, "text", {"output_type": []}][number % 4]
        cell["execution_count"] = "seven"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

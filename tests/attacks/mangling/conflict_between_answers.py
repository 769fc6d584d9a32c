"""git left its conflict markers around two versions of an answer, the second one blank."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    made = []
    for cell in notebook["cells"]:
        text = json.dumps(cell, indent=1)
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "max_norm":
            other = json.dumps({**cell, "source": "def max_norm(W, c):\n    return None"}, indent=1)
            text = f"<<<<<<< HEAD\n{text}\n=======\n{other}\n>>>>>>> 12ab34c"
        made.append(text)
    cells = "\n,\n".join(made)
    path.write_text(f'{{"cells": [\n{cells}\n], "metadata": {{}}, "nbformat": 4}}', encoding="utf-8")

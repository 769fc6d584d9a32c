"""The answer was cut out of its cell and pasted into a new one at the end."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    made = {"cell_type": "code", "metadata": {}, "source": cells["max_norm"]["source"], "outputs": []}
    notebook["cells"].append({**made, "execution_count": None})
    cells["max_norm"]["source"] = ""
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Outputs hold NaN, Infinity, and whole numbers of 10000 digits."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            data = {"text/plain": "1", "application/json": [float("nan"), float("inf"), 10**4000]}
            cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

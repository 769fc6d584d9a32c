"""A chat's text stands around the fences around the code."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "def " in "".join(cell["source"]):
            text = "".join(cell["source"])
            cell["source"] = f"Sure! Here is the function:\n\n```python\n{text}\n```\n\nLet me know if it's helpful!"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""All code was merged into one cell."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code[0]["source"] = "\n\n".join("".join(cell["source"]) for cell in code)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["cell_type"] != "code" or cell is code[0]]
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

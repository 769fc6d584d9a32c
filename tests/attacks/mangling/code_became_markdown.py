"""All code cells became markdown cells."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["cell_type"] = "markdown"
            del cell["outputs"], cell["execution_count"]
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Zero-width spaces and byte order marks stand inside the text."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "def " in "".join(cell["source"]):
            text = "".join(cell["source"])
            cell["source"] = text.replace("(", "\u200b(").replace("return", "\ufeffreturn")
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

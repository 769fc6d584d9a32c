"""The code was copied out of an interpreter, with its prompts."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "def " in "".join(cell["source"]):
            text = "".join(cell["source"])
            cell["source"] = "".join(
                (">>> " if line.startswith("def") else "... ") + line for line in text.splitlines(keepends=True)
            )
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

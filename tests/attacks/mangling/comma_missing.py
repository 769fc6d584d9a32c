"""The file was edited by hand, and a comma between two lines of an answer is missing."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    text = json.dumps(notebook, indent=1)
    at = text.index('",', text.index("def max_norm"))
    path.write_text(text[: at + 1] + text[at + 2 :], encoding="utf-8")

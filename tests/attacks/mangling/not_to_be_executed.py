"""Every cell has the tags that keep tools from running it, and is frozen."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"] |= {"tags": ["skip-execution", "remove-cell", "raises-exception"], "deletable": False}
        cell["metadata"]["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

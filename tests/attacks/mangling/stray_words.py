"""Text that is no Python stands above and below the functions."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "def " in "".join(cell["source"]):
            text = "".join(cell["source"])
            cell["source"] = f"here is my answer\n\n{text}\n\nI am done with this one, isn't it nice?"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Copies of the blank cells, as they were released, stand above and below the answers."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    blank = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and '"""' in text:
            end = text.rindex('"""') + 3
            blank.append({**cell, "source": f"{text[:end]}\n    # YOUR CODE HERE\n    raise NotImplementedError()"})
    notebook["cells"] = blank + notebook["cells"] + blank
    path.write_text(json.dumps(notebook), encoding="utf-8")

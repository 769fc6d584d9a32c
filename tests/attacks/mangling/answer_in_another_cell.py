"""The answer stands in a cell above, and the cell for it was left blank."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    text = "".join(cells["max_norm"]["source"])
    cells["max_norm"]["source"] = (
        text[: text.rindex('"""') + 3] + "\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    notebook["cells"].insert(1, {"cell_type": "code", "metadata": {}, "source": text, "outputs": []})
    path.write_text(json.dumps(notebook), encoding="utf-8")

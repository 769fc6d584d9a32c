"""One cell has metadata nested a hundred thousand deep, which no JSON reader follows."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(notebook), encoding="utf-8")
    notebook["cells"].append({"cell_type": "code", "source": "1", "metadata": {"deep": "HERE"}, "outputs": []})
    text = json.dumps(notebook).replace('"HERE"', "[" * 100_000 + "]" * 100_000)
    path.write_text(text, encoding="utf-8")
    return
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

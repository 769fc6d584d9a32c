"""Pictures attached to Markdown cells: drawings with script, data that breaks out, and none at all."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    tag = '"><script>document.title = "PWNED"</script>'
    files = {"a.svg": {"image/svg+xml": tag}, "b.png": {"image/png": tag}, "c": {tag: tag}, tag: {"image/png": tag}}
    source = "\n\n".join(f"![{name}](attachment:{name})" for name in ("a.svg", "b.png", "c", "missing.png"))
    cell = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": source, "attachments": files}
    notebook["cells"] += [cell, cell | {"id": "n", "attachments": {}}]
    path.write_text(json.dumps(notebook), encoding="utf-8")

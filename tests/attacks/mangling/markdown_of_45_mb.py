"""One markdown cell holds 45 MB."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": "# notes\n" * 4_900_000})
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

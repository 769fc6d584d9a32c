"""Five thousand markdown cells stand before the first answer."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][1:1] = [{"cell_type": "markdown", "metadata": {}, "source": f"note {n}"} for n in range(5000)]
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""One markdown cell holds 60 MB, which makes the file too large.

Loses: regularization, max_norm, kl_divergence
"""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": "# notes!\n" * 6_000_000})
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Every cell has its source twice, at first empty."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(notebook).replace('"source":', '"source": "", "source":')
    path.write_text(text, encoding="utf-8")
    return
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

"""Between the cells stand numbers, lists, and cells without a source or with an odd one."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    odd = [7, None, [], {}, {"cell_type": "code"}, {"cell_type": [], "source": 3}, {"cell_type": "code", "source": [1]}]
    notebook["cells"] = [each for cell in notebook["cells"] for each in (*odd, cell)]
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

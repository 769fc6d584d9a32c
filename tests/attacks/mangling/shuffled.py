"""The cells were shuffled."""

import json
import random


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    random.Random(7).shuffle(notebook["cells"])
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

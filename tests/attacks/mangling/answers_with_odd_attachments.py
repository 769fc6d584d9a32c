"""Answers carry attachments that are no pictures, or broken ones."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    cells["softmax-q1"]["attachments"] = {
        "a.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"},
        "b.png": {"image/png": "not base64 ö"},
        "c.html": {"text/html": "<script>alert(1)</script>"},
        "d": 7,
        "e.png": {"image/png": ["iVBORw0KGgo="]},
    }
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

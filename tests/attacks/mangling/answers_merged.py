"""Two answers and the test between them were merged into one cell."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    merged = [cells[name] for name in ("regularization", "test_regularization", "max_norm")]
    merged[0]["source"] = "\n\n".join("".join(cell["source"]) for cell in merged)
    for cell in merged[1:]:
        notebook["cells"].remove(cell)
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

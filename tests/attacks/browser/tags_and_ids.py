"""Ids, tags, labels and counts of cells that break out of the attributes they stand in."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    tag = '"><script>document.title = "PWNED"</script>'
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"{number}{tag}"
        cell["metadata"] |= {
            "tags": [tag],
            "alt": tag,
            "name": tag,
            "magics_language": tag,
            "chainrule": {"reason": tag},
        }
    label = {
        "grade_id": tag,
        "solution": True,
        "grade": True,
        "task": True,
        "points": tag,
        "comment": tag,
        "score": tag,
    }
    for kind in ("code", "markdown"):
        cell = {"cell_type": kind, "id": tag, "metadata": {"nbgrader": label}, "source": tag}
        notebook["cells"].append(cell | ({"outputs": [], "execution_count": tag} if kind == "code" else {}))
    path.write_text(json.dumps(notebook), encoding="utf-8")

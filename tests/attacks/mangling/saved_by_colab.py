"""The notebook went through Colab, which adds metadata and ids and saves lists of lines."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"] |= {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {
            "id": f"q{number}",
            "colab": {"base_uri": "https://example.org"},
            "executionInfo": {"status": "ok"},
        }
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")

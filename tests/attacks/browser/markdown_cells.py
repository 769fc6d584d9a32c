"""Markdown cells with links, pictures and HTML that run script or report who reads the page."""

import json

SET = "document.title='PWNED'"
TEXTS = (
    f"[inline](javascript:{SET}) [entity](&#106;avascript:{SET}) [data](data:text/html,<script>{SET}</script>)",
    f"[by name][here] [colon](javascript&colon;{SET}) [here]\n\n[here]: javascript:{SET}",
    "[file](../evil.html) [other](//evil.example)",
    f"<javascript:{SET}> <vbscript:{SET}> <https://evil.example/>",
    f"![seen](https://evil.example/a.png) ![x](javascript:{SET}) ![x](data:image/svg+xml,<svg>) ![x](/logout)",
    f'![x" onerror="{SET}](x) ![x](x" onerror="{SET}) ![x](https://evil.example "t" onerror="{SET}")',
    f'<script>{SET}</script>\n\n<img src=x onerror="{SET}">\n\n<svg onload="{SET}">',
    f'<iframe src="javascript:parent.{SET}">\n\n<object data="javascript:{SET}">\n\n<a href="javascript:{SET}">x</a>',
    f'a <b onmouseover="{SET}">b</b> <!-- <b> --><img src=x onerror="{SET}">-->',
    f"```mermaid\n</pre><img src=x onerror={SET}>\n```\n\n```html\n<script>{SET}</script>\n```",
    f'``` "><script>{SET}</script>\ncode\n```\n\n~~~python"onclick={SET}\nx\n~~~',
    f'# <img src=x onerror="{SET}"> heading\n\n# max_norm\n\n| a |\n|:-:|\n| <img src=x onerror="{SET}"> |',
    rf"$\href{{javascript:{SET}}}{{click}}$ $$\require{{action}}\cssId{{pwned}}{{x}}$$ $<img src=x onerror={SET}>$",
    rf"\begin{{a}}<img src=x onerror={SET}>\end{{a}} \\(<script>{SET}</script>\\)",
    "<p style='position: fixed; inset: 0; background: url(https://evil.example/b.png)' class='modal in'>x</p>",
    "\\begin{a}" * 10_000,
    "<ul><li>" * 10_000,
)


def change_submission(folder):
    path = folder / "softmax.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] += [
        {"cell_type": "markdown", "id": f"m{n}", "metadata": {}, "source": text} for n, text in enumerate(TEXTS)
    ]
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "softmax-q1":
            cell["source"] = "\n\n".join(TEXTS[:-2])
    path.write_text(json.dumps(notebook), encoding="utf-8")

"""Outputs of kinds that a browser runs: JavaScript, drawings, widgets and unknown kinds."""

# %% first cell
from IPython.display import SVG, Javascript, display

SET = "document.title = 'PWNED'"
display(Javascript(SET))
display({"text/javascript": SET, "application/ecmascript": SET}, raw=True)
display(SVG(f'<svg xmlns="http://www.w3.org/2000/svg" onload="{SET}"><script>{SET}</script></svg>'))
display({"application/vnd.jupyter.widget-view+json": {"model_id": f"</script><script>{SET}</script>"}}, raw=True)
display({"application/vnd.plotly.v1+json": {"data": [f"</script><script>{SET}</script>"]}}, raw=True)
display({"text/vnd.mermaid": f"</pre><script>{SET}</script>"}, raw=True)
display({"application/pdf": "JVBERi0=", "text/x-python": f"<script>{SET}</script>"}, raw=True)
display({f'"><script>{SET}</script>': "x", "text/html": {"a": f"<script>{SET}</script>"}}, raw=True)

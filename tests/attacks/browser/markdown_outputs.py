"""Markdown outputs with HTML, links and pictures, and with more of it than a page can be made of in time."""

# %% first cell
from IPython.display import HTML, Markdown, display

display(
    Markdown(
        "<script>document.title = 'PWNED'</script> [x](javascript:document.title='PWNED') ![](https://evil.example/a)"
    )
)
display(Markdown("![x](attachment:nothing.png)\n\n```mermaid\n</pre><script>document.title = 'PWNED'</script>\n```"))
for piece in (r"\begin{a}", "[", "<b>", "> ", "*a_"):
    display(Markdown(piece * 50_000))
for piece in ("<ul><li>", "<b><p>", "<table><b>", "<div>"):
    display(HTML(piece * 50_000))

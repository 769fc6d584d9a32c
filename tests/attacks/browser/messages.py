"""An answer that raises an exception with HTML, Markdown and formulas in its message, which becomes a comment."""


# %% answer
def max_norm(W, c):
    raise ValueError(
        "<script>document.title='PWNED'</script> <img src=x onerror=document.title='PWNED'> [click](javascript:1) "
        "![seen](https://evil.example/m.png) <javascript:1> <https://evil.example> $\\href{javascript:1}{x}$"
    )

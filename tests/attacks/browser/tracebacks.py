"""An error whose name, message and traceback are HTML and orders to a terminal."""

# %% first cell
TAG = "<script>document.title = 'PWNED'</script><img src=x onerror=document.title='PWNED'>"
Kind = type(
    TAG, (Exception,), {"_render_traceback_": lambda self: [TAG, "\x1b[38m" + TAG, "\x1b]8;;javascript:1\x07x"]}
)
raise Kind(TAG)

"""An answer that raises an exception, and returns an object, whose type has HTML for a name."""

# %% first cell
TAG = "<img src=x onerror=document.title='PWNED'>"


# %% answer
def max_norm(W, c):
    if W.shape[0] > W.shape[1]:
        raise type(TAG, (Exception,), {})("</td></table><script>document.title='PWNED'</script>")
    return type("</td><script>document.title='PWNED'</script>", (), {})()

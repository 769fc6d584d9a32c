"""Text with orders to a terminal: links, titles, colours without end and colours that are none."""

# %% first cell
import sys

print("\x1b]8;;javascript:document.title='PWNED'\x07click\x1b]8;;\x07 \x1b]0;PWNED\x07 \x1b[2J\x1bc\x9b31m")
print("\x1b[38m \x1b[48m \x1b[38;2m \x1b[38;5m \x1b[38;2;999;0;0m \x1b[" + "9" * 5000 + "m \x1b[" + ";" * 5000 + "m")
print("<script>document.title = 'PWNED'</script>\x1b[31m<img src=x onerror=document.title='PWNED'>\x00\x08\x7f\u202e")
print("\x1b[31mx" * 50_000, file=sys.stderr)

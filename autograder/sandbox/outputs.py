"""Clean what a kernel sends: `clean_output` a notebook output, `clean_text` a text, `clean_picture` a picture.

A hostile process chooses every byte of its messages, so nothing is trusted: kinds, types and values are checked here,
and what is not valid is left out. Nothing here raises.
"""

import base64
import io
import re

from nbformat.v4 import new_output
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

__all__ = ["PICTURES", "clean_output", "clean_picture", "clean_text"]

PICTURES = {"image/png": PngImageFile, "image/jpeg": JpegImageFile}
TEXTS = ("text/plain", "text/html", "text/latex", "text/markdown")
MAX_PIXELS = 50_000_000
MAX_COLOURS = 2000
MAX_LINES = 2000
# Colours of text and background, bold, underlined. nbconvert stumbles over a 38 or 48 without the numbers after it.
PART = r"(?:[34]8;5;\d{1,3}|[34]8;2;\d{1,3};\d{1,3};\d{1,3}|3[0-79]|4[0-79]|9[0-7]|10[0-7]|2\d|0?\d)?"
COLOUR = re.compile(rf"\x1b\[{PART}(?:;{PART}){{0,9}}m", re.ASCII)
# Other escape sequences, such as a title or a link, and characters that are invisible or reverse the text.
ESCAPE = r"\x1b(?:[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~])?"
HIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
UNWANTED = re.compile(rf"(?P<colour>{COLOUR.pattern})|{ESCAPE}|{HIDDEN}", re.ASCII)


def clean_output(output):
    """Return a valid notebook output made from whatever a kernel sent, or None if nothing of it is valid."""
    if not isinstance(output, dict):
        return None
    match output.get("output_type"):
        case "stream":
            return _stream(output.get("name"), output.get("text"))
        case "error":
            return _error(output)
        case "display_data" | "execute_result" as kind:
            return _display(kind, output.get("data"), output.get("metadata"))
    return None


def clean_text(value, colours=True):
    """Return a text without escape sequences other than colours (without those, too, if colours=False).

    A list of texts is joined, as notebooks store lines. None if the value is neither.
    """
    value = _joined(value)
    if value is None:
        return None
    value = value.encode("utf-8", "replace").decode("utf-8")
    colours = colours and len(COLOUR.findall(value)) <= MAX_COLOURS
    return UNWANTED.sub(lambda match: colours and match["colour"] or "", value)


def clean_picture(kind, value):
    """Return the base64 text of a picture, kind "image/png" or "image/jpeg"; None if the value is not one."""
    try:
        data = base64.b64decode("".join(_joined(value).split()), validate=True)
        # Only the header is read. The browser decodes the pixels, if there are not too many.
        with PICTURES[kind](io.BytesIO(data)) as image:
            width, height = image.size
    except Exception:  # the bytes are a student's: any error means that this is no picture
        return None
    return base64.b64encode(data).decode("ascii") if width * height <= MAX_PIXELS else None


def _joined(value):
    """A text or a list of texts as one text, or None."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else None


def _stream(name, content):
    content = clean_text(content)
    return new_output("stream", name=name, text=content) if name in ("stdout", "stderr") and content else None


def _error(output):
    name, value = (clean_text(output.get(key)) or "" for key in ("ename", "evalue"))
    lines = output.get("traceback")
    lines = [line for line in map(clean_text, lines[:MAX_LINES]) if line is not None] if isinstance(lines, list) else []
    return new_output("error", ename=name, evalue=value, traceback=lines)


def _display(kind, data, metadata):
    data = data if isinstance(data, dict) else {}
    clean = {name: clean_text(data.get(name)) for name in TEXTS}
    clean |= {name: clean_picture(name, data.get(name)) for name in PICTURES}
    clean = {name: value for name, value in clean.items() if value is not None}
    if not clean:
        return None
    sizes = {name: _size(metadata, name) for name in PICTURES if name in clean}
    return new_output(kind, clean, metadata={name: size for name, size in sizes.items() if size})


def _size(metadata, kind):
    """The width and height to show a picture at, as far as the metadata hold valid ones."""
    size = metadata.get(kind) if isinstance(metadata, dict) else None
    size = size if isinstance(size, dict) else {}
    sides = {side: size.get(side) for side in ("width", "height")}
    return {side: n for side, n in sides.items() if type(n) in (int, float) and 0 < n <= 10_000}

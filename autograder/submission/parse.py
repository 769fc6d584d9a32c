"""Read the cells of a file that should be a Jupyter notebook, as many as can be read: `read_cells`.

Any version of the format and any encoding; of a file that is cut off or holds something else, the cells that are whole.
"""

import base64
import json
import re
from dataclasses import dataclass, field

from autograder.submission.fix_source import conflict_sides

__all__ = ["Cell", "normalize_whitespace", "read_cells"]

PICTURES = {"image/png", "image/jpeg", "image/gif"}
MOST_PICTURES, PICTURE_BYTES = 20, 5_000_000  # of one cell, in base64
MOST_OBJECTS, MOST_RESCUED = 1_000_000, 10_000  # a small file can hold so many lists that they fill the memory
KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}
# What nbgrader writes about a cell has a "cell_type" too, but stands behind a colon.
FIRST_KEY, NEXT_CELL = re.compile(r'\{\s*"cell_type"'), re.compile(r'[\[,}]\s*\{\s*"cell_type"')
DECODER = json.JSONDecoder(strict=False, parse_int=lambda digits: int(digits[:9]))
CELL = re.compile(r'\{\s*"(?:cell_type|attachments|source|metadata|id|execution_count|outputs|collapsed)"\s*:')


@dataclass(eq=False)
class Cell:
    """A cell of a student's. kind: "code", "markdown" or "raw"; attachments: {name: {mime type: base64 text}}."""

    kind: str
    source: str
    grade_id: str = ""
    attachments: dict = field(default_factory=dict)
    _known: tuple = (None, "")

    @property
    def words(self):
        """The text with one space for all white space, which editors change: by it, texts are compared."""
        if self._known[0] is not self.source:
            self._known = self.source, normalize_whitespace(self.source)
        return self._known[1]


def normalize_whitespace(text):
    """Return a text with one space in the place of any white space."""
    return " ".join(text.split())


def read_cells(data):
    """Return (cells, notes) of a file's bytes; cells is None if it is no notebook.

    notes: [(grade id or "", message)] of what is wrong with it.
    """
    listed, note = None, ""
    if data.count(b"[") + data.count(b"{") <= MOST_OBJECTS:
        listed, note = _found(_text(data))
    if listed is None:
        return None, []
    notes = [("", note)] if note else []
    cells = [_cell(each, notes) for each in listed]
    if unreadable := cells.count(None):
        notes.append(("", f"cells that cannot be read were left out: {unreadable}"))
    return [cell for cell in cells if cell], notes


def _found(text):
    """Return (the objects in a file that should be cells or None, what is wrong with the file)."""
    listed = _listed(_json(text))
    if listed is not None:
        return listed, ""
    if "\n<<<<<<<" in text:
        listed = _merged(*(_listed(_json(side)) for side in conflict_sides(text)))
        if listed:
            return listed, "the file holds conflict markers of git: where two versions of a cell differ, both are kept"
    listed = _rescued(text)
    return listed or None, f"the file is not a sound notebook: {len(listed)} cells could be read"


def _text(data):
    """Decode bytes in any encoding that JSON may have. A byte that is not UTF-8 is taken for Latin-1."""
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8") and data.count(0) * 16 > len(data):  # elsewhere, NUL is a stray byte
        return data.decode(encoding, "replace")
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda match: chr(ord(match[0]) - 0xDC00), text)


def _json(text):
    """Return what a text holds, or None. Anything behind it is ignored."""
    try:
        return DECODER.raw_decode(text.lstrip())[0]
    except (ValueError, RecursionError):
        return None


def _listed(notebook):
    """The list of cells of a notebook: format 4 has one, format 3 one in every worksheet."""
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        return notebook["cells"]
    sheets = notebook.get("worksheets")
    sheets = [sheet for sheet in sheets if isinstance(sheet, dict)] if isinstance(sheets, list) else []
    notebook = [sheet["cells"] for sheet in sheets if isinstance(sheet.get("cells"), list)]
    return [cell for cells in notebook for cell in cells] or None


def _merged(here, there):
    """One list of two versions: a cell that only the other one has stands before the cells that followed it there."""
    if here is None or there is None:
        return here or there
    known = {repr(_content(cell)) for cell in here}
    ids = {_grade_id(cell): place for place, cell in reversed(list(enumerate(here)))}
    extra = [cell for cell in there if repr(_content(cell)) not in known]
    before = {}
    for cell in extra:
        place = ids.get(_grade_id(cell)) if _grade_id(cell) else None
        before.setdefault(len(here) if place is None else place, []).append(cell)
    return [
        cell for place, cell_here in enumerate([*here, None]) for cell in [*before.get(place, []), cell_here] if cell
    ]


def _content(cell):
    return (cell.get("cell_type"), _joined(cell.get("source")), _grade_id(cell)) if isinstance(cell, dict) else None


def _rescued(text):
    """Return the objects in a text that look like cells. The work is bounded, whatever the text is."""
    cells, at, left = [], 0, 20 * len(text)
    while left > 0 and len(cells) < MOST_RESCUED and (start := CELL.search(text, at)):
        at = start.start()
        try:
            value, end = DECODER.raw_decode(text, at)
            left -= end - at
        except json.JSONDecodeError as error:
            left -= error.pos - at
            value, end = _salvaged(text, at), at + 1
        except RecursionError:
            left -= len(text)
            value, end = None, at + 1
        if isinstance(value, dict) and "cell_type" in value and _cell(value, []):
            cells.append(value)
            at = end
        else:
            at += 1
    return cells


def _salvaged(text, start):
    """Return a cell that is no valid JSON, read line by line as editors write it: its type, its id and its text."""
    if not FIRST_KEY.match(text, start):
        return None
    next_cell = NEXT_CELL.search(text, start + 1)
    part = text[start : next_cell.start() if next_cell else len(text)]
    kind, label = (re.search(rf'"{key}"\s*:\s*"([\w. -]+)"', part) for key in ("cell_type", "grade_id"))
    source = re.search(r'^[ \t]*"source"[ \t]*:[ \t]*\[[ \t]*\n(.*?)(?:^[ \t]*\]|\Z)', part, re.MULTILINE | re.DOTALL)
    if not kind or not source:
        return None
    lines = [_line(line) for line in source[1].split("\n") if line.strip()]
    metadata = {"nbgrader": {"grade_id": label[1]}} if label else {}
    return {"cell_type": kind[1], "metadata": metadata, "source": lines}


def _line(text):
    """One line of a cell, as it stands in the file in quotes, one of which may be missing."""
    text = text.strip().removesuffix(",")
    try:
        return str(DECODER.decode(text))
    except (ValueError, RecursionError):
        return text.removeprefix('"').removesuffix('"').replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def _cell(raw, notes):
    """Return the Cell that an object of the file stands for, or None."""
    source = _joined(raw.get("source", raw.get("input"))) if isinstance(raw, dict) else None
    if source is None:
        return None
    kind = raw.get("cell_type")
    guess = "code" if "outputs" in raw or "input" in raw else "raw"
    level = raw.get("level")
    if kind == "heading" and isinstance(level, int) and 0 < level < 7:
        source = "#" * level + " " + source
    grade_id = _grade_id(raw)
    pictures = _pictures(raw.get("attachments"))
    if raw.get("attachments") and pictures != raw["attachments"]:
        allowed = f"{PICTURE_BYTES // 1_000_000} MB of PNG, JPEG or GIF pictures"
        notes.append((grade_id, f"attachments were left out, a cell may have {allowed}"))
    return Cell(KINDS.get(kind, guess) if isinstance(kind, str) else guess, source, grade_id, pictures)


def _grade_id(cell):
    """The id that nbgrader gave to a cell, or ""."""
    for key in ("metadata", "nbgrader", "grade_id"):
        cell = cell.get(key) if isinstance(cell, dict) else None
    return cell if isinstance(cell, str) else ""


def _joined(source):
    """Return a text that may be given as a list of lines, fit to be written as UTF-8; None if it is something else."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return re.sub("[\ud800-\udfff]", "\ufffd", source) if isinstance(source, str) else None


def _pictures(attachments):
    """Return those attachments that are pictures."""
    pictures, room = {}, PICTURE_BYTES
    named = list(attachments.items())[:MOST_PICTURES] if isinstance(attachments, dict) else []
    for name, bundle in named:
        for mime, data in bundle.items() if isinstance(bundle, dict) else ():
            data = _joined(data)
            if mime not in PICTURES or data is None or len(data) > room or not _is_base64(data):
                continue
            room -= len(data)
            pictures.setdefault(_joined(name)[:200], {})[mime] = data
    return pictures


def _is_base64(text):
    try:
        return bool(base64.b64decode("".join(text.split()), validate=True))
    except ValueError:
        return False

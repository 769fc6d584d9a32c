"""Read the cells of a file that should be a Jupyter notebook, as many as can be read: `read_cells`, one: `read_cell`.

Any version of the format and any encoding is read. From a damaged or truncated file the complete cells are read.
"""

import base64
import json
import re
from dataclasses import dataclass, field

from autograder.submission.fix_source import conflict_sides

__all__ = ["Cell", "normalize_whitespace", "read_cell", "read_cells"]

PICTURES = {"image/png", "image/jpeg", "image/gif"}
MAX_PICTURES, MAX_PICTURE_BYTES = 20, 5_000_000  # of one cell, in base64
MAX_OBJECTS, MAX_RECOVERED = 1_000_000, 10_000  # a small file can hold so many lists that they fill the memory
KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}
# nbgrader's metadata of a cell have a "cell_type", too, but follow a colon.
FIRST_KEY, NEXT_CELL = re.compile(r'\{\s*"cell_type"'), re.compile(r'[\[,}]\s*\{\s*"cell_type"')
DECODER = json.JSONDecoder(strict=False, parse_int=lambda digits: int(digits[:9]))
CELL = re.compile(r'\{\s*"(?:cell_type|attachments|source|metadata|id|execution_count|outputs|collapsed)"\s*:')


@dataclass(eq=False)
class Cell:
    """A cell of a submission. kind: "code", "markdown" or "raw"; attachments: {name: {mime type: base64 text}}."""

    kind: str
    source: str
    grade_id: str = ""
    attachments: dict = field(default_factory=dict)
    _normalized: tuple = (None, "")  # the source and its normalized text

    @property
    def normalized(self):
        """The text with normalized white space, which editors change; cells are compared by it."""
        if self._normalized[0] is not self.source:
            self._normalized = self.source, normalize_whitespace(self.source)
        return self._normalized[1]


def normalize_whitespace(text):
    """Return a text with every run of white space replaced by one space."""
    return " ".join(text.split())


def read_cells(data):
    """Return (cells, notes) of a file's bytes; cells is None if it is no notebook.

    cells: [Cell]. notes: [(grade id or "", message)] on what is wrong with the file.
    """
    raw_cells, note = None, ""
    if data.count(b"[") + data.count(b"{") <= MAX_OBJECTS:
        raw_cells, note = _find_cells(_text(data))
    if raw_cells is None:
        return None, []
    notes = [("", note)] if note else []
    cells = [read_cell(raw, notes) for raw in raw_cells]
    if unreadable := cells.count(None):
        notes.append(("", f"cells that cannot be read were left out: {unreadable}"))
    return [cell for cell in cells if cell], notes


def _find_cells(text):
    """Return (the objects in a file that should be cells or None, a message on what is wrong with the file)."""
    raw_cells = _cell_list(_json(text))
    if raw_cells is not None:
        return raw_cells, ""
    if "\n<<<<<<<" in text:
        raw_cells = _merge(*(_cell_list(_json(side)) for side in conflict_sides(text)))
        if raw_cells:
            note = "the file holds conflict markers of git: where two versions of a cell differ, both are kept"
            return raw_cells, note
    raw_cells = _recover_cells(text)
    return raw_cells or None, f"the file is not a sound notebook: {len(raw_cells)} cells could be read"


def _text(data):
    """Decode bytes in any encoding that JSON may have. A byte that is not valid UTF-8 is read as Latin-1."""
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8") and data.count(0) * 16 > len(data):  # elsewhere, NUL is a stray byte
        return data.decode(encoding, "replace")
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda match: chr(ord(match[0]) - 0xDC00), text)


def _json(text):
    """Return the value of a JSON text, or None. Text after the value is ignored."""
    try:
        return DECODER.raw_decode(text.lstrip())[0]
    except (ValueError, RecursionError):
        return None


def _cell_list(notebook):
    """The list of cells of a notebook: format 4 has one, format 3 one in every worksheet. None if there is none."""
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        return notebook["cells"]
    sheets = notebook.get("worksheets")
    sheets = [sheet for sheet in sheets if isinstance(sheet, dict)] if isinstance(sheets, list) else []
    sheets = [sheet["cells"] for sheet in sheets if isinstance(sheet.get("cells"), list)]
    return [cell for cells in sheets for cell in cells] or None


def _merge(ours, theirs):
    """Merge two versions of a list of cells. A cell only in `theirs` goes before ours of its id, or at the end."""
    if ours is None or theirs is None:
        return ours or theirs
    contents = {repr(_content(cell)) for cell in ours}
    ids = {_grade_id(cell): index for index, cell in reversed(list(enumerate(ours)))}
    inserted = {}
    for cell in theirs:
        if repr(_content(cell)) not in contents:
            index = ids.get(_grade_id(cell), len(ours)) if _grade_id(cell) else len(ours)
            inserted.setdefault(index, []).append(cell)
    return [cell for index, ours_at in enumerate([*ours, None]) for cell in [*inserted.get(index, []), ours_at] if cell]


def _content(cell):
    return (cell.get("cell_type"), _joined(cell.get("source")), _grade_id(cell)) if isinstance(cell, dict) else None


def _recover_cells(text):
    """Return the objects in a text that look like cells. The work is bounded for any text."""
    cells, at, budget = [], 0, 20 * len(text)
    while budget > 0 and len(cells) < MAX_RECOVERED and (start := CELL.search(text, at)):
        at = start.start()
        try:
            value, end = DECODER.raw_decode(text, at)
            budget -= end - at
        except json.JSONDecodeError as error:
            budget -= error.pos - at
            value, length = _parse_invalid_cell(text, at)
            budget -= length
            end = at + 1
        except RecursionError:
            budget -= len(text)
            value, end = None, at + 1
        if isinstance(value, dict) and "cell_type" in value and read_cell(value, []):
            cells.append(value)
            at = end
        else:
            at += 1
    return cells


def _parse_invalid_cell(text, start):
    """Return (the type, id and text of a cell that is not valid JSON or None, how many characters were read).

    Its source is read line by line, as editors write it.
    """
    if not FIRST_KEY.match(text, start):
        return None, 0
    next_cell = NEXT_CELL.search(text, start + 1)
    part = text[start : next_cell.start() if next_cell else len(text)]
    kind, label = (re.search(rf'"{key}"\s*:\s*"([\w. -]+)"', part) for key in ("cell_type", "grade_id"))
    source = re.search(r'^[ \t]*"source"[ \t]*:[ \t]*\[[ \t]*\n(.*?)(?:^[ \t]*\]|\Z)', part, re.MULTILINE | re.DOTALL)
    if not kind or not source:
        return None, len(part)
    lines = [_line(line) for line in source[1].split("\n") if line.strip()]
    metadata = {"nbgrader": {"grade_id": label[1]}} if label else {}
    return {"cell_type": kind[1], "metadata": metadata, "source": lines}, len(part)


def _line(text):
    """The text of one line of a cell's source, which the file holds in quotes; one of them may be missing."""
    text = text.strip().removesuffix(",")
    try:
        return str(DECODER.decode(text))
    except (ValueError, RecursionError):
        return text.removeprefix('"').removesuffix('"').replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def read_cell(raw, notes):
    """Return the Cell for an object of the file, or None if it has no text. Messages are added to notes."""
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
        allowed = f"{MAX_PICTURE_BYTES // 1_000_000} MB of PNG, JPEG or GIF pictures"
        notes.append((grade_id, f"attachments were left out, a cell may have {allowed}"))
    return Cell(KINDS.get(kind, guess) if isinstance(kind, str) else guess, source, grade_id, pictures)


def _grade_id(cell):
    """The id that nbgrader gave to a cell, or ""."""
    for key in ("metadata", "nbgrader", "grade_id"):
        cell = cell.get(key) if isinstance(cell, dict) else None
    return cell if isinstance(cell, str) else ""


def _joined(source):
    """Return a text, or a list of texts joined, as valid Unicode; None for anything else."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return re.sub("[\ud800-\udfff]", "\ufffd", source) if isinstance(source, str) else None


def _pictures(attachments):
    """Return the attachments that are pictures, within the limits."""
    pictures, bytes_left = {}, MAX_PICTURE_BYTES
    bundles = list(attachments.items())[:MAX_PICTURES] if isinstance(attachments, dict) else []
    for name, bundle in bundles:
        for mime, data in bundle.items() if isinstance(bundle, dict) else ():
            data = _joined(data)
            if mime not in PICTURES or data is None or len(data) > bytes_left or not _is_base64(data):
                continue
            bytes_left -= len(data)
            pictures.setdefault(_joined(name)[:200], {})[mime] = data
    return pictures


def _is_base64(text):
    try:
        return bool(base64.b64decode("".join(text.split()), validate=True))
    except ValueError:
        return False

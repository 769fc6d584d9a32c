"""Bring a submitted notebook back to the shape that was released, whatever an editor or a student did to it.

`repair` returns a valid notebook in which every graded cell of the release stands once, with the student's answers.
"""

import json

import nbformat
from nbformat.v4 import new_notebook

__all__ = ["repair"]


def repair(data, release, limit=20_000_000):
    """Return (notebook, notes): the submission in the shape of the release, and what had to be done to it.

    data: the bytes of the submitted file, or None. release: the released notebook, which is not changed.
    """
    cells, notes = _read(data, limit)
    wanted = {_grade_id(cell): cell for cell in release.cells if _grade_id(cell)}
    kept, found = [], set()
    for cell in cells:
        grade_id = _grade_id(cell)
        if grade_id in wanted and grade_id not in found:
            found.add(grade_id)
            kept.append(_restored(cell, wanted[grade_id], notes))
        else:
            if grade_id in found:
                notes.append(f"cell {grade_id} stands twice: the first one counts")
            kept.append(_plain(cell))
    _add_missing(kept, release, found, notes if cells else [])
    for number, cell in enumerate(kept):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=kept, metadata=json.loads(json.dumps(release.metadata))), notes


def _read(data, limit):
    """Return the cells of a file and a list of notes; a file that cannot be read has no cells."""
    if data is None:
        return [], ["the notebook was not submitted"]
    if len(data) > limit:
        return [], [f"the file holds {len(data)} bytes, more than the {limit} allowed"]
    try:
        notebook = nbformat.reads(data.decode("utf-8-sig"), as_version=4)
        cells = [cell for cell in notebook.cells if _readable(cell)]
    except Exception:  # nbformat raises many kinds; all mean the same here
        return [], ["the file is not a Jupyter notebook: it cannot be read"]
    return cells, []


def _readable(cell):
    return cell.get("cell_type") in ("code", "markdown", "raw") and isinstance(cell.get("source"), str)


def _grade_id(cell):
    label = cell.get("metadata", {})
    label = label.get("nbgrader") if isinstance(label, dict) else None
    grade_id = label.get("grade_id") if isinstance(label, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def _plain(cell):
    """A cell of the student's own: its text alone."""
    made = {"cell_type": cell.cell_type, "metadata": {}, "source": cell.source}
    return nbformat.from_dict(made | ({"outputs": [], "execution_count": None} if cell.cell_type == "code" else {}))


def _restored(cell, wanted, notes):
    """The released cell with the student's text, if the student may write in it."""
    made = nbformat.from_dict(json.loads(json.dumps(wanted)))
    grade_id = _grade_id(wanted)
    if cell.cell_type != wanted.cell_type:
        notes.append(f"cell {grade_id} had become a {cell.cell_type} cell: it is a {wanted.cell_type} cell again")
    if not wanted.metadata.nbgrader.get("locked"):
        made.source = cell.source
    elif cell.source != wanted.source:
        notes.append(f"cell {grade_id} was changed: the released text is used")
    return made


def _add_missing(cells, release, found, notes):
    """Insert every missing cell after the released cell that stood before it."""
    before = None
    for wanted in release.cells:
        grade_id = _grade_id(wanted)
        if not grade_id:
            continue
        if grade_id not in found:
            places = [n for n, cell in enumerate(cells) if before and _grade_id(cell) == before]
            cells.insert(places[0] + 1 if places else 0 if before is None else len(cells), _copy(wanted))
            notes.append(f"cell {grade_id} was missing: it was put back as released")
        before = grade_id


def _copy(cell):
    return nbformat.from_dict(json.loads(json.dumps(cell)))

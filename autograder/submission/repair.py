"""Restore the released structure of a submitted notebook, whatever an editor or a student did to it: `repair`.

The result is a valid notebook that holds every graded cell of the release once, with the student's answers.
"""

import json
import re
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_notebook

from autograder.submission.fix_source import defined_names, importable_names, repair_source, syntax_error
from autograder.submission.parse import Cell, normalize_whitespace, read_cells

__all__ = ["Repaired", "expected_names", "repair"]

MAX_INSPECTED = 1_000_000  # characters of a student's own cells; if there are more, only answers are inspected
MAX_NOTES = 100
DEFINES = re.compile(r"^(?:import|from|def|class) ", re.MULTILINE)


@dataclass(frozen=True)
class Repaired:
    """A repaired notebook. notes: [(grade id or "", message)] on repairs. unreadable: "" or why nothing can be run."""

    notebook: nbformat.NotebookNode
    notes: list
    unreadable: str = ""


def repair(data, release, limits):
    """Return a submitted notebook with the structure of the release: Repaired.

    data: the bytes of the submitted file, or None. release: the released notebook, which is not changed.
    """
    cells, notes, unreadable = _read(data, limits)
    work = _Work(release, cells, notes)
    if not unreadable:
        work.keep_within(limits)
        work.find_by_text()
        work.restore_types()
        work.find_by_position()
        work.join_parts()
        work.resolve_duplicates()
        work.restore_locked()
        work.repair_sources()
        work.find_by_name()
    work.restore_missing()
    if not unreadable:
        work.order_tests()
        work.restore_imports()
    return Repaired(work.notebook(), [] if unreadable else work.sorted_notes(), unreadable)


def _read(data, limits):
    """Return (cells, notes, unreadable) of a file."""
    if data is None:
        return [], [], "the notebook was not submitted"
    if len(data) > limits.notebook_bytes:
        return [], [], f"the file holds more than the {limits.notebook_bytes} bytes allowed"
    cells, notes = read_cells(data)
    if cells is None:
        return [], [], "the file is not a Jupyter notebook: it cannot be read"
    return cells, notes, "" if cells else "the notebook holds no cells"


def expected_names(release):
    """Return {grade id: names that an answer must define} of the cells in which students write code."""
    names_by_id = {}
    for cell in release.cells:
        if cell.cell_type == "code" and _label(cell) and not _locked(cell):
            names = defined_names(cell.source)
            names_by_id[_label(cell)] = {n for n in names if not any(name.startswith(f"{n}.") for name in names)}
    return {grade_id: names for grade_id, names in names_by_id.items() if names}


class _Work:
    """The cells of a submission while they are repaired, step by step."""

    def __init__(self, release, cells, notes):
        self.release, self.cells = release, cells
        self.released_cells = {_label(cell): cell for cell in release.cells if _label(cell)}
        self.tasks = expected_names(release)
        self.texts = [normalize_whitespace(cell.source) for cell in release.cells]
        self.keys = [_label(cell) or text for cell, text in zip(release.cells, self.texts, strict=True)]
        self.released_texts = {_label(cell): text for cell, text in zip(release.cells, self.texts, strict=True)}
        self.unchanged = set(self.texts)
        self.notes = []
        for grade_id, text in notes:
            is_graded = grade_id in self.released_cells
            self.notes.append((grade_id, f"cell {grade_id}: {text}") if is_graded else ("", text))
        for cell in cells:
            if cell.grade_id not in self.released_cells:
                cell.grade_id = ""

    def note(self, cell, text):
        """Add a message about a cell, which is named by its id or, if it has none, by its first line."""
        line = next((line.strip() for line in cell.source.split("\n") if line.strip()), "")
        shown = "".join(sign if sign.isprintable() else "?" for sign in line[:40])
        self.notes.append((cell.grade_id, f"cell {cell.grade_id or f'`{shown}`'}: {text}"))

    def is_students(self, cell):
        """True if a cell is the student's work: not locked, and not as released."""
        return not self.is_locked(cell) and cell.normalized not in self.unchanged

    def is_locked(self, cell):
        return bool(cell.grade_id) and _locked(self.released_cells[cell.grade_id])

    def is_blank(self, cell):
        """True if a graded cell is as released."""
        return cell.normalized == self.released_texts[cell.grade_id]

    def cells_with_id(self, grade_id):
        """The cells with this id."""
        return [cell for cell in self.cells if cell.grade_id == grade_id]

    def index(self, cell):
        return next(index for index, candidate in enumerate(self.cells) if candidate is cell)

    def remove(self, cell):
        del self.cells[self.index(cell)]

    def cells_defining(self, names):
        """The student's own code cells that define these names."""
        return [
            c
            for c in self.cells
            if c.kind == "code" and self.is_inspected(c) and self.is_students(c) and names <= _names(c)
        ]

    def is_inspected(self, cell):
        """True if a cell's code is parsed: all code of a hostile notebook would take too long."""
        return bool(cell.grade_id) or self.small

    def keep_within(self, limits):
        """Leave out cells that are too long, and cells beyond the number allowed unless they are graded."""
        cells, ids = [], set()
        for cell in self.cells:
            size = len(cell.source.encode())
            if size > limits.cell_bytes:
                self.note(cell, f"it holds {size} bytes, more than the {limits.cell_bytes} allowed, and was left out")
            elif len(cells) < limits.cells or (cell.grade_id and cell.grade_id not in ids):
                cells.append(cell)
                ids.add(cell.grade_id)
        left_out = len(self.cells) - len(cells)
        if len(self.cells) > limits.cells and left_out:
            self.notes.append(("", f"the notebook has {len(self.cells)} cells, more than the {limits.cells} allowed"))
        self.cells = cells
        self.small = sum(len(c.source) for c in cells if c.kind == "code" and self.is_students(c)) <= MAX_INSPECTED

    def find_by_text(self):
        """Restore the ids of cells that are as released."""
        for grade_id, released in self.released_cells.items():
            has_id = bool(self.cells_with_id(grade_id))
            if grade_id not in self.tasks and (has_id or not _locked(released)):
                continue
            text = self.released_texts[grade_id]
            matches = [cell for cell in self.cells if not cell.grade_id and cell.normalized == text]
            for cell in matches if grade_id in self.tasks else matches[:1]:
                cell.grade_id = grade_id
            if matches and not has_id:
                self.note(matches[0], "it had lost its id and was found by its text")

    def find_by_position(self):
        """Find a written answer that has lost its id, between its neighbours in the release."""
        for number, released in enumerate(self.release.cells):
            grade_id = _label(released)
            if not grade_id or released.cell_type == "code" or _locked(released) or self.cells_with_id(grade_id):
                continue
            for cell in self._between(self.keys[number - 1 : number], self.keys[number + 1 : number + 2]):
                fits = self.is_students(cell) or cell.normalized == self.texts[number]
                if not cell.grade_id and cell.kind != "code" and fits:
                    cell.grade_id, cell.kind = grade_id, released.cell_type
                    self.note(cell, "it had lost its id and was found by its place")
                    break

    def _between(self, before, after):
        """The cells between those with these keys, or the one beside the only key that is found."""
        keys = self._keys()
        start = next((keys.index(key) + 1 for key in before if key in keys), None)
        end = next((keys.index(key, start or 0) for key in after if key in keys[start or 0 :]), None)
        if start is None and end is None:
            return []
        return self.cells[max(end - 1, 0) if start is None else start : start + 1 if end is None else end]

    def _keys(self):
        return [cell.grade_id or cell.normalized for cell in self.cells]

    def restore_types(self):
        """Restore the types of graded cells; if another cell with the id has the type, remove the id instead."""
        types = {grade_id: cell.cell_type for grade_id, cell in self.released_cells.items()}
        intact = {cell.grade_id for cell in self.cells if cell.grade_id and cell.kind == types[cell.grade_id]}
        for cell in self.cells:
            released = types[cell.grade_id] if cell.grade_id else cell.kind
            if cell.kind != released and cell.grade_id in intact:
                cell.grade_id = ""
            elif cell.kind != released:
                self.note(cell, f"it had become a {cell.kind} cell and is a {released} cell again")
                cell.kind = released

    def join_parts(self):
        """Join an answer that was split into cells that are not Python by themselves."""
        at = 0
        while self.small and at + 1 < len(self.cells):
            first, second = self.cells[at : at + 2]
            joined = self._join(first, second)
            if joined:
                first.source = joined
                self.note(first, "it had been split: its parts were joined")
                del self.cells[at + 1]
            else:
                at += 1

    def _join(self, first, second):
        """Return the text of two cells as one, or None if they are not parts of one answer."""
        parts = (first, second)
        if first.grade_id not in self.tasks or second.grade_id not in ("", first.grade_id) or self.is_blank(first):
            return None
        if any(cell.kind != "code" or not self.is_students(cell) for cell in parts):
            return None
        if not any(syntax_error(cell.source) for cell in parts):
            return None
        joined = (separator.join(cell.source for cell in parts) for separator in ("\n", ""))
        return next((text for text in joined if not syntax_error(text)), None)

    def resolve_duplicates(self):
        """Keep an id on one cell only: on the first that is answered, or on the first test that is as released."""
        for grade_id, released in self.released_cells.items():
            copies = self.cells_with_id(grade_id)
            if len(copies) < 2:
                continue
            preferred = self.is_blank if _locked(released) else self.is_students
            best, *_ = list(filter(preferred, copies)) or list(filter(self.is_blank, copies)) or copies
            blank = [cell for cell in copies if cell is not best and self.is_blank(cell)]
            changed = [cell for cell in copies if cell is not best and not self.is_blank(cell)]
            notes = ["copies as released were left out"] if blank else []
            notes += ["all the student's texts are kept in their order"] if changed else []
            self.note(best, f"it was there {len(copies)} times: {', '.join(notes)}")
            for cell in blank:
                self.remove(cell)
            for cell in changed:
                cell.grade_id = ""

    def repair_sources(self):
        for cell in self.cells:
            if cell.kind != "code":
                cell.source = cell.source.replace("\0", "")
            elif self.is_students(cell) and self.is_inspected(cell):
                cell.source, message = repair_source(cell.source)
                message = message or (syntax_error(cell.source) if cell.grade_id else "")
                if message:
                    self.note(cell, message)

    def restore_locked(self):
        """Restore the text of locked cells. Answers in them, from cells that were merged, go into new cells."""
        for cell in [cell for cell in self.cells if self.is_locked(cell) and not self.is_blank(cell)]:
            released = self.released_cells[cell.grade_id].source
            message = "it was changed and has its released text again"
            rest = cell.source.replace(released, "").strip("\n") if cell.kind == "code" else ""
            cell.source = released
            defined = defined_names(rest) if rest else set()
            if any(names <= defined and not self.cells_defining(names) for names in self.tasks.values()):
                self.cells.insert(self.index(cell), Cell("code", rest))
                message += "; the definitions in it were moved to a cell of their own"
            self.note(cell, message)

    def find_by_name(self):
        """Find answers whose cells are missing or as released: another cell defines their names."""
        for grade_id, names in self.tasks.items():
            labelled = next(iter(self.cells_with_id(grade_id)), None)
            defining = [] if labelled and self.is_students(labelled) else self.cells_defining(names)
            if not defining:
                continue
            test = next(iter(self.cells_with_id(f"test_{grade_id}")), None)
            shown = f"`{', '.join(sorted(names))}`"
            if labelled and self.is_blank(labelled):
                self.remove(labelled)
            elif labelled:
                labelled.grade_id = ""
            if without_id := [cell for cell in defining if not cell.grade_id]:
                before_test = [cell for cell in without_id if test and self.index(cell) < self.index(test)]
                chosen = (before_test or without_id)[-1]
                chosen.grade_id = grade_id
                self.note(chosen, f"the answer was found in another cell, which defines {shown}")
            else:
                marker = Cell("code", f"# {shown} is defined in the cell {defining[-1].grade_id}.", grade_id)
                self.cells.insert(self.index(defining[-1]) + 1, marker)
                self.note(marker, f"the answer was found in the cell {defining[-1].grade_id}, which defines {shown}")

    def restore_missing(self):
        """Insert every missing cell after the nearest cell that precedes it in the release."""
        for number, released in enumerate(self.release.cells):
            if not _label(released) or self.cells_with_id(_label(released)):
                continue
            keys = self._keys()
            index = next((keys.index(key) + 1 for key in reversed(self.keys[:number]) if key in keys), 0)
            self.cells.insert(index, Cell(released.cell_type, released.source, _label(released)))
            self.note(self.cells[index], "it was missing and was put back as released")

    def order_tests(self):
        """Move a test that precedes the definitions that it tests to after them."""
        for grade_id, names in self.tasks.items():
            for test in self.cells_with_id(f"test_{grade_id}"):
                answer = self.cells_with_id(grade_id)[0]
                defining = [answer] if names <= _names(answer) else self.cells_defining(names)
                early = any(self.index(cell) < self.index(test) for cell in defining)
                last = max([answer] if early else [answer, *defining], key=self.index)
                if self.index(test) < self.index(last):
                    self.remove(test)
                    self.cells.insert(self.index(last) + 1, test)
                    self.note(test, "it came before what it tests and was moved after it")

    def restore_imports(self):
        """Insert before the answers released cells with imports and definitions that the answers use."""
        without_id = [cell for cell in self.cells if cell.kind == "code" and not cell.grade_id]
        by_text = {cell.normalized: cell for cell in reversed(without_id)}
        answers = "\n".join(cell.source for cell in self.cells if cell.grade_id in self.tasks)
        for number, released in enumerate(self.release.cells):
            if released.cell_type != "code" or _label(released) or not DEFINES.search(released.source):
                continue
            later = {_label(cell) for cell in self.release.cells[number:]} & set(self.tasks)
            first = next((index for index, cell in enumerate(self.cells) if cell.grade_id in later), None)
            same = by_text.get(self.texts[number])
            if first is None or (same and self.index(same) < first):
                continue
            earlier = [cell for cell in self.cells[:first] if cell.kind == "code" and self.is_inspected(cell)]
            missing = importable_names(released.source) - set().union(*map(_names, earlier))
            if any(re.search(rf"\b{re.escape(name)}\b", answers) for name in missing):
                if same:
                    self.remove(same)
                self.cells.insert(first, Cell("code", released.source))
                self.note(self.cells[first], "it was missing, changed or too late and was put before the answers")

    def sorted_notes(self):
        """The notes in the order of the cells, at most MAX_NOTES."""
        order = {cell.grade_id: number for number, cell in enumerate(self.cells) if cell.grade_id}
        notes = sorted(self.notes, key=lambda note: order.get(note[0], -1))
        more = [("", f"and {len(notes) - MAX_NOTES} more repairs")] if len(notes) > MAX_NOTES else []
        return notes[:MAX_NOTES] + more

    def notebook(self):
        """The repaired notebook."""
        cells = []
        for number, cell in enumerate(self.cells):
            raw = {"cell_type": cell.kind, "metadata": {}}
            if cell.kind == "code":
                raw |= {"outputs": [], "execution_count": None}
            elif cell.attachments:
                raw["attachments"] = cell.attachments
            if cell.grade_id:
                raw["metadata"] = _deep_copy(self.released_cells[cell.grade_id].metadata)
            cells.append(nbformat.from_dict(raw | {"id": f"cell-{number}", "source": cell.source}))
        return new_notebook(cells=cells, metadata=_deep_copy(self.release.metadata))


def _names(cell):
    return defined_names(cell.source)


def _label(cell):
    """The grade id of a released cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _locked(cell):
    return bool(cell.metadata.nbgrader.get("locked"))


def _deep_copy(value):
    return json.loads(json.dumps(value))

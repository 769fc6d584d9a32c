"""Bring a submitted notebook back to the shape that was released, whatever an editor or a student did to it.

`repair` returns a valid notebook in which every graded cell of the release stands once, with the student's answers.
"""

import json
import re
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_notebook

from autograder.submission.fix_source import defined_names, importable_names, repair_source, syntax_error
from autograder.submission.parse import Cell, normalize_whitespace, read_cells

__all__ = ["Repaired", "expected_names", "repair"]

CODE_LOOKED_INTO = 1_000_000  # characters of a student's own cells; of more, only the answers are
MOST_NOTES = 100
DEFINES = re.compile(r"^(?:import|from|def|class) ", re.MULTILINE)


@dataclass(frozen=True)
class Repaired:
    """notes: [(grade id or "", message)] of what was repaired. unreadable: "" or why there is nothing to run."""

    notebook: nbformat.NotebookNode
    notes: list
    unreadable: str = ""


def repair(data, release, limits):
    """Return a submission in the shape of the release: Repaired.

    data: the bytes of the submitted file, or None. release: the released notebook, which is not changed.
    """
    cells, notes, unreadable = _read(data, limits)
    work = _Work(release, cells, notes)
    if not unreadable:
        work.keep_within(limits)
        work.find_by_text()
        work.restore_types()
        work.find_by_place()
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
    """Return {grade id: names that an answer defines} of the cells in which code is to be written."""
    names_by_id = {}
    for cell in release.cells:
        if cell.cell_type == "code" and _label(cell) and not _locked(cell):
            names = defined_names(cell.source)
            names_by_id[_label(cell)] = {n for n in names if not any(other.startswith(f"{n}.") for other in names)}
    return {grade_id: names for grade_id, names in names_by_id.items() if names}


class _Work:
    """The cells of a submission while they are repaired, step by step."""

    def __init__(self, release, cells, notes):
        self.release, self.cells = release, cells
        self.released_cells = {_label(cell): cell for cell in release.cells if _label(cell)}
        self.tasks = expected_names(release)
        self.words = [normalize_whitespace(cell.source) for cell in release.cells]
        self.keys = [_label(cell) or words for cell, words in zip(release.cells, self.words, strict=True)]
        self.blanks = {_label(cell): words for cell, words in zip(release.cells, self.words, strict=True)}
        self.as_released = set(self.words)
        known = [(grade_id if grade_id in self.released_cells else "", text) for grade_id, text in notes]
        self.notes = [(grade_id, f"cell {grade_id}: {text}" if grade_id else text) for grade_id, text in known]
        for cell in cells:
            if cell.grade_id not in self.released_cells:
                cell.grade_id = ""

    def note(self, cell, text):
        """Add a note about a cell, which is named by its id or, if it has none, by its first line."""
        line = next((line.strip() for line in cell.source.split("\n") if line.strip()), "")
        shown = "".join(sign if sign.isprintable() else "?" for sign in line[:40])
        self.notes.append((cell.grade_id, f"cell {cell.grade_id or f'`{shown}`'}: {text}"))

    def is_students(self, cell):
        """Whether a cell is the student's work: not as released, and not one that may not be changed."""
        return not self.is_locked(cell) and cell.words not in self.as_released

    def is_locked(self, cell):
        return bool(cell.grade_id) and _locked(self.released_cells[cell.grade_id])

    def is_blank(self, cell):
        """Whether a graded cell is as released."""
        return cell.words == self.blanks[cell.grade_id]

    def cells_with_id(self, grade_id):
        """The cells with this id."""
        return [cell for cell in self.cells if cell.grade_id == grade_id]

    def index(self, cell):
        return next(place for place, other in enumerate(self.cells) if other is cell)

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
        """Whether a cell's code is looked into: that of a hostile notebook would take too long."""
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
        self.small = sum(len(c.source) for c in cells if c.kind == "code" and self.is_students(c)) <= CODE_LOOKED_INTO

    def find_by_text(self):
        """Give cells that are as released the ids that they have lost."""
        for grade_id, wanted in self.released_cells.items():
            known = bool(self.cells_with_id(grade_id))
            if grade_id not in self.tasks and (known or not _locked(wanted)):
                continue
            same = [cell for cell in self.cells if not cell.grade_id and cell.words == self.blanks[grade_id]]
            for cell in same if grade_id in self.tasks else same[:1]:
                cell.grade_id = grade_id
            if same and not known:
                self.note(same[0], "it had lost its id and was found by its text")

    def find_by_place(self):
        """Find a written answer that has lost its id between the cells that stand around it in the release."""
        for number, wanted in enumerate(self.release.cells):
            if (
                not _label(wanted)
                or wanted.cell_type == "code"
                or _locked(wanted)
                or self.cells_with_id(_label(wanted))
            ):
                continue
            for cell in self._between(self.keys[number - 1 : number], self.keys[number + 1 : number + 2]):
                fits = self.is_students(cell) or cell.words == self.words[number]
                if not cell.grade_id and cell.kind != "code" and fits:
                    cell.grade_id, cell.kind = _label(wanted), wanted.cell_type
                    self.note(cell, "it had lost its id and was found by its place")
                    break

    def _between(self, before, after):
        """The cells between two known ones, or the one beside the only one that is there."""
        keys = self._keys()
        start = next((keys.index(key) + 1 for key in before if key in keys), None)
        end = next((keys.index(key, start or 0) for key in after if key in keys[start or 0 :]), None)
        if start is None and end is None:
            return []
        return self.cells[max(end - 1, 0) if start is None else start : start + 1 if end is None else end]

    def _keys(self):
        return [cell.grade_id or cell.words for cell in self.cells]

    def restore_types(self):
        """Give graded cells their type again; one beside another of its id that has it is the student's own."""
        right = {c.grade_id for c in self.cells if c.grade_id and c.kind == self.released_cells[c.grade_id].cell_type}
        for cell in self.cells:
            wanted = self.released_cells[cell.grade_id].cell_type if cell.grade_id else cell.kind
            if cell.kind != wanted and cell.grade_id in right:
                cell.grade_id = ""
            elif cell.kind != wanted:
                self.note(cell, f"it had become a {cell.kind} cell and is a {wanted} cell again")
                cell.kind = wanted

    def join_parts(self):
        """Join an answer that was split into cells that are no Python one by one."""
        at = 0
        while self.small and at + 1 < len(self.cells):
            first, second = self.cells[at : at + 2]
            joined = self._joined(first, second)
            if joined:
                first.source = joined
                self.note(first, "it had been split: its parts were joined")
                del self.cells[at + 1]
            else:
                at += 1

    def _joined(self, first, second):
        """Return the text of two cells as one, or None if they are not parts of one answer."""
        parts = (first, second)
        if first.grade_id not in self.tasks or second.grade_id not in ("", first.grade_id) or self.is_blank(first):
            return None
        if any(cell.kind != "code" or not self.is_students(cell) for cell in parts):
            return None
        if not any(syntax_error(cell.source) for cell in parts):
            return None
        together = ("\n".join(cell.source for cell in parts), "".join(cell.source for cell in parts))
        return next((text for text in together if not syntax_error(text)), None)

    def resolve_duplicates(self):
        """Leave an id to one cell: to the first that is answered, or to the first test that is as released."""
        for grade_id, wanted in self.released_cells.items():
            copies = self.cells_with_id(grade_id)
            if len(copies) < 2:
                continue
            good = self.is_blank if _locked(wanted) else self.is_students
            best = list(filter(good, copies)) or list(filter(self.is_blank, copies)) or copies
            spare = [cell for cell in copies if cell is not best[0] and self.is_blank(cell)]
            others = [cell for cell in copies if cell is not best[0] and not self.is_blank(cell)]
            notes = ["copies as released were left out"] if spare else []
            notes += ["all the student's texts are kept in their order"] if others else []
            self.note(best[0], f"it stood {len(copies)} times: {', '.join(notes)}")
            for cell in spare:
                self.remove(cell)
            for cell in others:
                cell.grade_id = ""

    def repair_sources(self):
        for cell in self.cells:
            if cell.kind != "code":
                cell.source = cell.source.replace("\0", "")
            elif self.is_students(cell) and self.is_inspected(cell):
                cell.source, says = repair_source(cell.source)
                wrong = syntax_error(cell.source) if cell.grade_id and not says else ""
                if says or wrong:
                    self.note(cell, says or wrong)

    def restore_locked(self):
        """Give locked cells their released text. What else was defined in them, by a merge of cells, is kept."""
        for cell in [cell for cell in self.cells if self.is_locked(cell) and not self.is_blank(cell)]:
            wanted = self.released_cells[cell.grade_id].source
            says = "it was changed and has its released text again"
            left = cell.source.replace(wanted, "").strip("\n") if cell.kind == "code" else ""
            cell.source = wanted
            merged = [
                n for n in self.tasks.values() if left and n <= defined_names(left) and not self.cells_defining(n)
            ]
            if merged:
                self.cells.insert(self.index(cell), Cell("code", left))
                says += "; what was defined in it stands in a cell of its own"
            self.note(cell, says)

    def find_by_name(self):
        """Find the answers whose cells are missing, or as released, by the names that other cells define."""
        for grade_id, names in self.tasks.items():
            labelled = next(iter(self.cells_with_id(grade_id)), None)
            defining = [] if labelled and self.is_students(labelled) else self.cells_defining(names)
            if not defining:
                continue
            test = next(iter(self.cells_with_id(f"test_{grade_id}")), None)
            what = f"`{', '.join(sorted(names))}`"
            if labelled and self.is_blank(labelled):
                self.remove(labelled)
            elif labelled:
                labelled.grade_id = ""
            if plain := [cell for cell in defining if not cell.grade_id]:
                before = [cell for cell in plain if test and self.index(cell) < self.index(test)]
                chosen = (before or plain)[-1]
                chosen.grade_id = grade_id
                self.note(chosen, f"the answer was found in another cell, which defines {what}")
            else:
                marker = Cell("code", f"# {what} is defined in the cell {defining[-1].grade_id}.", grade_id)
                self.cells.insert(self.index(defining[-1]) + 1, marker)
                self.note(marker, f"the answer was found in the cell {defining[-1].grade_id}, which defines {what}")

    def restore_missing(self):
        """Insert every missing cell behind the nearest of the cells before it in the release that is there."""
        for number, released in enumerate(self.release.cells):
            if not _label(released) or self.cells_with_id(_label(released)):
                continue
            there = self._keys()
            place = next((there.index(key) + 1 for key in reversed(self.keys[:number]) if key in there), 0)
            self.cells.insert(place, Cell(released.cell_type, released.source, _label(released)))
            self.note(self.cells[place], "it was missing and was put back as released")

    def order_tests(self):
        """Move a test that stands before what it tests behind it."""
        for grade_id, names in self.tasks.items():
            for test in self.cells_with_id(f"test_{grade_id}"):
                answer = self.cells_with_id(grade_id)[0]
                defining = [answer] if names <= _names(answer) else self.cells_defining(names)
                early = any(self.index(cell) < self.index(test) for cell in defining)
                last = max([answer] if early else [answer, *defining], key=self.index)
                if self.index(test) < self.index(last):
                    self.remove(test)
                    self.cells.insert(self.index(last) + 1, test)
                    self.note(test, "it stood before what it tests and was moved behind it")

    def restore_imports(self):
        """Put back, before the answers, released cells with imports and definitions that the answers use."""
        plain = [cell for cell in self.cells if cell.kind == "code" and not cell.grade_id]
        texts = {cell.words: cell for cell in reversed(plain)}
        answers = "\n".join(cell.source for cell in self.cells if cell.grade_id in self.tasks)
        for number, released in enumerate(self.release.cells):
            if released.cell_type != "code" or _label(released) or not DEFINES.search(released.source):
                continue
            later = {_label(cell) for cell in self.release.cells[number:]} & set(self.tasks)
            first = next((place for place, cell in enumerate(self.cells) if cell.grade_id in later), None)
            same = texts.get(self.words[number])
            if first is None or (same and self.index(same) < first):
                continue
            earlier = [cell for cell in self.cells[:first] if cell.kind == "code" and self.is_inspected(cell)]
            known = set().union(*map(_names, earlier))
            needed = {
                n for n in importable_names(released.source) - known if re.search(rf"\b{re.escape(n)}\b", answers)
            }
            if needed:
                if same:
                    self.remove(same)
                self.cells.insert(first, Cell("code", released.source))
                self.note(self.cells[first], "it was missing, changed or too late and was put before the answers")

    def sorted_notes(self):
        """The notes in the order of the cells; of very many, the first ones."""
        places = {cell.grade_id: place for place, cell in enumerate(self.cells) if cell.grade_id}
        notes = sorted(self.notes, key=lambda note: places.get(note[0], -1))
        more = [("", f"and {len(notes) - MOST_NOTES} more repairs")] if len(notes) > MOST_NOTES else []
        return notes[:MOST_NOTES] + more

    def notebook(self):
        cells = []
        for number, cell in enumerate(self.cells):
            raw = {"cell_type": cell.kind, "metadata": {}}
            if cell.kind == "code":
                raw |= {"outputs": [], "execution_count": None}
            elif cell.attachments:
                raw["attachments"] = cell.attachments
            if cell.grade_id:
                raw["metadata"] = _copied(self.released_cells[cell.grade_id].metadata)
            cells.append(nbformat.from_dict(raw | {"id": f"cell-{number}", "source": cell.source}))
        return new_notebook(cells=cells, metadata=_copied(self.release.metadata))


def _names(cell):
    return defined_names(cell.source)


def _label(cell):
    """The id of a released cell if it is graded, else ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _locked(cell):
    return bool(cell.metadata.nbgrader.get("locked"))


def _copied(value):
    return json.loads(json.dumps(value))

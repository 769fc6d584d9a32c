"""The files of a submission: `read_submission` reads the folder, `find_notebooks` finds the notebooks in it.

`student_files` returns the files beside them, `find_archives` the archives, and `case_mismatches` reports file names
that the code spells with other capitals.

A student chose every name and every kind of file in it. Only regular files are opened, and no link is followed.
"""

import errno
import json
import os
import re
import stat

from autograder.errors import unreadable_error
from autograder.submission.fix_source import defined_names
from autograder.submission.parse import normalize_whitespace, read_cells
from autograder.submission.repair import expected_names

__all__ = [
    "find_archives",
    "find_notebooks",
    "is_answered",
    "is_archive",
    "is_junk",
    "case_mismatches",
    "student_files",
    "read_submission",
]

JUNK = {".ipynb_checkpoints", "__pycache__", "__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git"}
ARCHIVE = re.compile(r"\.(zip|tar|t?gz|t?bz2?|t?xz|7z|rar|zst)$", re.IGNORECASE)
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
FIRST = ("timestamp.txt",)  # nbgrader's: without it, nobody would be late
DEEPEST, LISTED, MOST_NOTES = 30, 100_000, 20
MOST_CODE = 200_000  # characters that are looked through for names of files
BLANK = "it is blank"
SPARE = 20  # other files that are looked into for a notebook that is missing
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
EXCHANGED = {errno.ELOOP, errno.ENXIO}  # a link, a socket
CELL_STARTS = re.compile(r"^# (?:%%|In\[).*\n", re.MULTILINE)


def read_submission(folder, limits, first=()):
    """Return ({relative path: bytes}, notes): the regular files of a folder, and messages about what was left out.

    first: paths to be read before all others, such as those of the released notebooks. What the machine does not let
    be read raises MachineError: without it, the rest would be graded as if the student had not handed it in.
    """
    notes, files, room = [], {}, limits.submission_bytes
    root = _whole(folder, (), lambda: os.open(folder, FOLDER))
    try:
        paths = _listed(folder, root, notes)
        paths.sort(key=lambda path: _rank(path, (*FIRST, *first)))
        for path in paths:
            if len(files) == limits.submission_files:
                notes.append(f"more than the {limits.submission_files} files allowed: the rest was left out")
                break
            most = min(limits.notebook_bytes + 1, room + 1)
            data = _whole(folder, path, lambda p=path, m=most: _read(root, p, m, notes))
            if data is None:
                continue
            if len(data) > limits.notebook_bytes and is_archive(path[-1]):
                data = data[:100]  # it is named, and not opened
            if len(data) > limits.notebook_bytes and not _is_notebook("/".join(path)):
                notes.append(f"{_shown('/'.join(path))} holds more than {limits.notebook_bytes} bytes and was left out")
                continue
            if len(data) > room:
                notes.append(f"more than the {limits.submission_bytes} bytes allowed: the rest was left out")
                break
            room -= len(data)
            files["/".join(path)] = data
    finally:
        os.close(root)
    more = [f"and {len(notes) - MOST_NOTES} more files were left out"] if len(notes) > MOST_NOTES else []
    return files, notes[:MOST_NOTES] + more


def find_notebooks(submitted, releases):
    """Return {name: (bytes or None, note or "")} of the released notebooks in a submission.

    submitted: {relative path: bytes}. releases: {name: released notebook}. In the place of one that is missing, blank
    or no notebook stands another file that answers its cells and those of no other release; the note names it, and
    those that were not taken.
    """
    tasks = {name: expected_names(release) for name, release in releases.items()}
    notebooks = {name: (submitted.get(f"{name}.ipynb"), "") for name in releases}
    lacking = {name: _lack(notebooks[name][0], releases[name], tasks[name]) for name in releases}
    chosen, copies, best = {}, {}, {}
    for path, data, exported in _spare(submitted, releases):
        name, rank = _belongs(data, releases, tasks)
        if name is None or (exported and lacking[name] in ("", BLANK)):
            continue
        if rank[0] and data != notebooks[name][0]:
            copies.setdefault(name, []).append(path)
        if lacking[name] and (rank[0] or lacking[name] != BLANK) and rank > best.get(name, (0, 0)):
            best[name], chosen[name] = rank, path
            notebooks[name] = data, f"notebook {name}: {lacking[name]}, {_shown(path)} was graded in its place"
    for name, paths in copies.items():
        others = [_shown(path) for path in paths if path != chosen.get(name)]
        if others:
            says = f"{', '.join(others[:3])}{' and others' * (len(others) > 3)} holds answers, too, and was not graded"
            data, note = notebooks[name]
            notebooks[name] = data, f"{note or f'notebook {name}: this one counts'}; {says}"
    return notebooks


def _lack(data, release, wanted):
    """Why another file may stand for a notebook: it is missing, cannot be read or is blank; "" where it is answered."""
    if data is None:
        return "it is missing"
    cells = read_cells(data)[0]
    if not cells:
        return "it cannot be read"
    texts, ids = {normalize_whitespace(cell.source) for cell in release.cells}, _blanks(release)
    changed_cells = [cell for cell in cells if cell.words not in texts]
    names = set().union(*wanted.values()) if wanted else set()
    answered = any(
        cell.grade_id in ids or (cell.kind == "code" and names & defined_names(cell.source)) for cell in changed_cells
    )
    return "" if answered else BLANK


def is_answered(data, release):
    """Whether the bytes of a notebook hold anything that is not as released."""
    return not _lack(data, release, expected_names(release))


def _blanks(release):
    """{grade id: words} of the cells of a release that are to be filled in."""
    graded = [cell for cell in release.cells if "nbgrader" in cell.metadata]
    return {c.metadata.nbgrader.grade_id: c.source.split() for c in graded if not c.metadata.nbgrader.get("locked")}


def student_files(submitted, released):
    """Return ({path: bytes} of what a student's code may find beside the released files, notes).

    What lies beside a notebook in a folder stands at the top, too, where the notebook is run. A released file stays as
    it is, and nothing stands before a released module.
    """
    folders = {path.rpartition("/")[0] for path in submitted if _is_notebook(path) and "/" in path} - {"chainrule"}
    tops = ["", *(f"{folder}/" for folder in sorted(folders, key=_rank_of))]
    files, changed, hiding, room = {}, [], [], sum(map(len, submitted.values()))
    for top in tops:
        for path, data in submitted.items():
            name = path.removeprefix(top)
            if not path.startswith(top) or name in files:
                continue
            if name in released:
                changed += [path] * (not _is_notebook(name) and _lines(data) != _lines(released[name]))
            elif _hides(name, released):
                hiding.append(path)
            elif not top or len(data) <= room:  # so that all folders together are no more than twice the submission
                files[name], room = data, room - len(data) * bool(top)
    notes = [f"{_some(changed)} differs from the released file: grading uses its own copy"] if changed else []
    return files, notes + [f"{_some(hiding)} would hide a released file and was left out"] * bool(hiding)


def case_mismatches(code, paths):
    """Say of files that code names in other capitals than they have: the system it was written on may not mind.

    code: the text of a notebook's code. paths: of the files that it may find.
    """
    notes, code = [], code[:MOST_CODE]
    folded = code.casefold()
    for path in paths:
        name = path.rpartition("/")[2]
        stem = name.removesuffix(".py")
        if len(stem) < 3 or stem.casefold() not in folded:
            continue
        place = r"(?<![\w.-])({})(?![\w-])" if stem == name else r"(?m:^)[ \t]*(?:import|from)[ \t]+({})\b"
        asked = set(re.findall(place.format(re.escape(stem)), code, re.IGNORECASE))
        if asked and stem not in asked:
            notes.append(f"the code names {_shown(min(asked))}, the file is {_shown(path)}: capitals count here")
    return notes[:3]


def _some(paths):
    more = f" (and {len(paths) - 3} more)" if len(paths) > 3 else ""
    return ", ".join(map(_shown, paths[:3])) + more


def _lines(data):
    return data.replace(b"\r\n", b"\n")


def _hides(path, released):
    """Whether a file in the package would be imported in the place of a released module, or be an answer key."""
    parts = path.split("/")
    if parts[0] != "chainrule" or len(parts) == 1:
        return False
    bases = ["/".join([*parts[:n], parts[n].partition(".")[0]]) for n in range(1, len(parts))]
    modules = any(f"{base}.py" in released for base in bases)
    return modules or f"{bases[-1]}/__init__.py" in released or path.startswith("chainrule/answers/")


def find_archives(submitted):
    """The paths of a submission that are archives, by their names or by how they begin."""
    packed = [path for path, data in submitted.items() if _is_notebook(path) and data.startswith(PACKED)]
    return sorted({*packed, *(path for path in submitted if is_archive(path))}, key=_rank_of)


def is_archive(name):
    """Whether a name is that of an archive."""
    return bool(ARCHIVE.search(name))


def is_junk(name):
    """Whether a name is that of a file or folder which no student writes."""
    return name in JUNK or name.startswith("._")


def _spare(submitted, releases):
    """Yield (path, bytes of a notebook, whether it was a script) of files that may be one under another name."""
    paths = [path for path in submitted if path not in {f"{name}.ipynb" for name in releases}]
    notebooks = [path for path in paths if _is_notebook(path) or _looks_like_one(submitted[path])]
    scripts = [path for path in paths if path.lower().endswith(".py") and not path.startswith("chainrule/")]
    for kind in (notebooks, scripts):
        for path in sorted(kind, key=_rank_of)[:SPARE]:
            exported = kind is scripts
            yield path, _from_script(submitted[path]) if exported else submitted[path], exported


def _looks_like_one(data):
    return data[:100].lstrip().startswith(b"{") and b'"cell_type"' in data


def _rank_of(path):
    return path.count("/"), len(path), path


def _from_script(data):
    """Return the notebook that was exported as a script."""
    parts = CELL_STARTS.split(data.decode("utf-8", "replace"))
    cells = [{"cell_type": "code", "source": part.strip("\n"), "outputs": []} for part in parts if part.strip()]
    return json.dumps({"cells": cells}).encode()


def _belongs(data, releases, tasks):
    """Return (name of the release that a notebook belongs to or None, (answers, graded cells) of it that it holds)."""
    cells = read_cells(data)[0] or []
    ids = {cell.grade_id for cell in cells} - {""}
    code = None
    ranks = {}
    for name, release in releases.items():
        blank = {c.metadata.nbgrader.grade_id: c.source.split() for c in release.cells if "nbgrader" in c.metadata}
        common_ids = ids & set(blank)
        answered = {c.grade_id for c in cells if c.grade_id in common_ids and c.source.split() != blank[c.grade_id]}
        ranks[name] = len(answered), len(common_ids)
    if not ids:
        code = [defined_names(cell.source) for cell in cells if cell.kind == "code"]
        for name, wanted in tasks.items():
            count = sum(any(names <= known for known in code) for names in wanted.values())
            ranks[name] = count, count
    fitting = [name for name, rank in ranks.items() if rank[1]]
    return (fitting[0], ranks[fitting[0]]) if len(fitting) == 1 else (None, (0, 0))


def _shown(path):
    """A student's name of a file as one short line."""
    return ascii(path)[:100]


def _whole(folder, path, read):
    """What `read` returns; an OSError becomes a MachineError that names the path below the folder."""
    try:
        return read()
    except OSError as error:
        raise unreadable_error("/".join((str(folder), *path)), error) from None


def _listed(top, root, notes):
    """Return the paths, as tuples of names, of all that is no folder and no link."""
    paths, folders, seen = [], [()], 0
    while folders:
        folder = folders.pop()
        for name, kind in _whole(top, folder, lambda f=folder: _entries(root, f)):
            path, seen = (*folder, name), seen + 1
            if is_junk(name):
                continue
            if stat.S_ISDIR(kind) and len(path) <= DEEPEST:
                folders.append(path)
            elif stat.S_ISREG(kind):
                paths.append(path)
            else:
                what = "is deeper than folders may be" if stat.S_ISDIR(kind) else "is no regular file"
                notes.append(f"{_shown('/'.join(path))} {what} and was left out")
        if seen > LISTED:
            notes.append(f"more than {LISTED} names in the folder: not all were read")
            break
    return paths


def _entries(root, folder):
    """Return [(name, mode)] of a folder below root, sorted."""
    here = _open(root, folder, FOLDER)
    try:
        with os.scandir(here) as entries:
            return sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
    finally:
        os.close(here)


def _open(root, path, flags):
    """Open a path below root, one name after the other, so that none of them can be a link."""
    here = os.dup(root) if not path else root
    for number, name in enumerate(path):
        last = number == len(path) - 1
        try:
            below = os.open(name, flags if last else FOLDER, dir_fd=here)
        finally:
            if here != root:
                os.close(here)
        here = below
    return here


def _read(root, path, most, notes):
    """Return the first bytes of a regular file, or None of what was put in its place since it was listed."""
    try:
        with open(_open(root, path, FILE), "rb") as handle:
            if stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
                return handle.read(most)
    except OSError as error:
        if error.errno not in EXCHANGED:
            raise
    notes.append(f"{_shown('/'.join(path))} is no regular file and was left out")
    return None


def _rank(path, first):
    """The order of reading: what must be there, notebooks, then the rest from the top down."""
    name = "/".join(path)
    place = first.index(name) if name in first else len(first)
    return place, not _is_notebook(name), len(path), name


def _is_notebook(path):
    return ".ipynb" in path.lower()  # a browser may have put something behind it

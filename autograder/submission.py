"""What a student handed in: `read_submission` reads the folder, `find_notebooks` finds the notebooks in it.

A student chose every name and every kind of file in it. Only regular files are opened, and no link is followed.
"""

import errno
import json
import os
import re
import stat

from autograder.errors import unreadable
from autograder.mending import defined
from autograder.reading import read_cells
from autograder.repair import tasks_of

__all__ = ["find_notebooks", "read_submission"]

IGNORED = {".ipynb_checkpoints", "__pycache__"}
FIRST = ("timestamp.txt",)  # nbgrader's: without it, nobody would be late
DEEPEST, LISTED, MOST_NOTES = 30, 100_000, 20
SPARE = 20  # other files that are looked into for a notebook that is missing
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
EXCHANGED = {errno.ELOOP, errno.ENXIO}  # a link, a socket
CELL_STARTS = re.compile(r"^# (?:%%|In\[).*\n", re.MULTILINE)


def read_submission(folder, limits, first=()):
    """Return ({relative path: bytes}, notes): the regular files of a folder, and what was left out, in sentences.

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

    submitted: {relative path: bytes}. releases: {name: released notebook}. In the place of one that is missing or no
    notebook stands another file that answers its cells and those of no other release; the note names it.
    """
    named = {name: submitted.get(f"{name}.ipynb") for name in releases}
    missing = [name for name, data in named.items() if data is None or not read_cells(data)[0]]
    if not missing:
        return {name: (data, "") for name, data in named.items()}
    tasks = {name: tasks_of(release) for name, release in releases.items()}
    found = {name: (data, "") for name, data in named.items()}
    best = {}
    for path, data in _spare(submitted, releases):
        name, rank = _belongs(data, releases, tasks)
        if name in missing and rank > best.get(name, (0, 0)):
            best[name] = rank
            what = "it is missing" if named[name] is None else "it cannot be read"
            found[name] = data, f"notebook {name}: {what}, {_shown(path)} was graded in its place"
    return found


def _spare(submitted, releases):
    """Yield (path, bytes of a notebook) of the files that may be one under another name, notebooks first."""
    paths = [path for path in submitted if path.removesuffix(".ipynb") not in releases]
    notebooks = [path for path in paths if _is_notebook(path)]
    scripts = [path for path in paths if path.lower().endswith(".py") and not path.startswith("chainrule/")]
    for kind in (notebooks, scripts):
        for path in sorted(kind, key=_rank_of)[:SPARE]:
            yield path, submitted[path] if kind is notebooks else _from_script(submitted[path])


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
        found = ids & set(blank)
        answered = {c.grade_id for c in cells if c.grade_id in found and c.source.split() != blank[c.grade_id]}
        ranks[name] = len(answered), len(found)
    if not ids:
        code = [defined(cell.source) for cell in cells if cell.kind == "code"]
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
        raise unreadable("/".join((str(folder), *path)), error) from None


def _listed(top, root, notes):
    """Return the paths, as tuples of names, of all that is no folder and no link."""
    found, folders, seen = [], [()], 0
    while folders:
        folder = folders.pop()
        for name, kind in _whole(top, folder, lambda f=folder: _entries(root, f)):
            path, seen = (*folder, name), seen + 1
            if name in IGNORED:
                continue
            if stat.S_ISDIR(kind) and len(path) <= DEEPEST:
                folders.append(path)
            elif stat.S_ISREG(kind):
                found.append(path)
            else:
                what = "is deeper than folders may be" if stat.S_ISDIR(kind) else "is no regular file"
                notes.append(f"{_shown('/'.join(path))} {what} and was left out")
        if seen > LISTED:
            notes.append(f"more than {LISTED} names in the folder: not all were read")
            break
    return found


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

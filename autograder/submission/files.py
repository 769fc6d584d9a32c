"""The files of a submission: `read_submission` reads the folder, `find_notebooks` finds the notebooks in it.

`student_files` returns the files beside them, `find_archives` the archives, and `case_mismatches` reports file names
that the code spells with other capitals.

Students choose the names and kinds of all files. Only regular files are opened, and no link is followed.
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
ARCHIVE_SIGNATURES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
ALWAYS_FIRST = ("timestamp.txt",)  # nbgrader's file: without it no submission would be late
MAX_DEPTH, MAX_NAMES, MAX_NOTES = 30, 100_000, 20
MAX_CODE = 200_000  # characters that are searched for names of files
BLANK = "it is blank"
MAX_CANDIDATES = 20  # files of each kind that are read to find a missing notebook
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
NOT_REGULAR = {errno.ELOOP, errno.ENXIO}  # a link, a socket
CELL_STARTS = re.compile(r"^# (?:%%|In\[).*\n", re.MULTILINE)


def read_submission(folder, limits, first=()):
    """Return ({relative path: bytes}, notes): the regular files of a folder, and messages about what was left out.

    first: paths to read before all others, such as those of the released notebooks. Raises MachineError if something
    cannot be read: the rest would be graded as if the student had not submitted it.
    """
    notes, files, bytes_left = [], {}, limits.submission_bytes
    root = _with_path_in_error(folder, (), lambda: os.open(folder, FOLDER))
    try:
        paths = _list_files(folder, root, notes)
        paths.sort(key=lambda path: _reading_order(path, (*ALWAYS_FIRST, *first)))
        for path in paths:
            if len(files) == limits.submission_files:
                notes.append(f"more than the {limits.submission_files} files allowed: the rest was left out")
                break
            max_bytes = min(limits.notebook_bytes, bytes_left) + 1
            data = _with_path_in_error(folder, path, lambda p=path, m=max_bytes: _read(root, p, m, notes))
            if data is None:
                continue
            if len(data) > limits.notebook_bytes and is_archive(path[-1]):
                data = data[:100]  # archives are reported, not unpacked
            if len(data) > limits.notebook_bytes and not _is_notebook("/".join(path)):
                notes.append(f"{_quote('/'.join(path))} holds more than {limits.notebook_bytes} bytes and was left out")
                continue
            if len(data) > bytes_left:
                notes.append(f"more than the {limits.submission_bytes} bytes allowed: the rest was left out")
                break
            bytes_left -= len(data)
            files["/".join(path)] = data
    finally:
        os.close(root)
    if len(notes) > MAX_NOTES:
        notes[MAX_NOTES:] = [f"and {len(notes) - MAX_NOTES} more files were left out"]
    return files, notes


def find_notebooks(submitted, releases):
    """Return {name: (bytes or None, note or "")} of the released notebooks in a submission.

    submitted: {relative path: bytes}. releases: {name: released notebook}. A notebook that is missing, blank or not
    readable is replaced by another file that has answers to it and to no other release; the note names that file, and
    other files with answers.
    """
    tasks = {name: expected_names(release) for name, release in releases.items()}
    notebooks = {name: (submitted.get(f"{name}.ipynb"), "") for name in releases}
    defects = {name: _defect(notebooks[name][0], releases[name], tasks[name]) for name in releases}
    chosen, copies, best = {}, {}, {}
    for path, data, exported in _candidates(submitted, releases):
        name, rank = _matching_release(data, releases, tasks)
        if name is None or (exported and defects[name] in ("", BLANK)):
            continue
        if rank[0] and data != notebooks[name][0]:
            copies.setdefault(name, []).append(path)
        if defects[name] and (rank[0] or defects[name] != BLANK) and rank > best.get(name, (0, 0)):
            best[name], chosen[name] = rank, path
            notebooks[name] = data, f"notebook {name}: {defects[name]}, {_quote(path)} was graded in its place"
    for name, paths in copies.items():
        unused = [_quote(path) for path in paths if path != chosen.get(name)]
        if unused:
            more = f"{', '.join(unused[:3])}{' and others' * (len(unused) > 3)} holds answers, too, and was not graded"
            data, note = notebooks[name]
            notebooks[name] = data, f"{note or f'notebook {name}: this one counts'}; {more}"
    return notebooks


def _defect(data, release, expected):
    """Why another file may replace a notebook: it is missing, cannot be read or is blank; "" if it is answered."""
    if data is None:
        return "it is missing"
    cells = read_cells(data)[0]
    if not cells:
        return "it cannot be read"
    texts, ids = {normalize_whitespace(cell.source) for cell in release.cells}, _released_answers(release)
    changed_cells = [cell for cell in cells if cell.normalized not in texts]
    names = set().union(*expected.values()) if expected else set()
    answered = any(
        cell.grade_id in ids or (cell.kind == "code" and names & defined_names(cell.source)) for cell in changed_cells
    )
    return "" if answered else BLANK


def is_answered(data, release):
    """True if the bytes of a notebook hold an answer that is not as released."""
    return not _defect(data, release, expected_names(release))


def _released_answers(release):
    """{grade id: words of the released text} of the cells in which students write."""
    graded = [cell for cell in release.cells if "nbgrader" in cell.metadata]
    return {c.metadata.nbgrader.grade_id: c.source.split() for c in graded if not c.metadata.nbgrader.get("locked")}


def student_files(submitted, released):
    """Return ({path: bytes} of a student's own files for the code to find beside the released ones, notes).

    Files beside a notebook in a subfolder are copied to the top, too, where the notebook runs. No file replaces a
    released file or hides a released module.
    """
    folders = {path.rpartition("/")[0] for path in submitted if _is_notebook(path) and "/" in path} - {"chainrule"}
    tops = ["", *(f"{folder}/" for folder in sorted(folders, key=_shortest_first))]
    files, changed, hiding, bytes_left = {}, [], [], sum(map(len, submitted.values()))
    for top in tops:
        for path, data in submitted.items():
            name = path.removeprefix(top)
            if not path.startswith(top) or name in files:
                continue
            if name in released:
                changed += [path] * (not _is_notebook(name) and _lines(data) != _lines(released[name]))
            elif _hides(name, released):
                hiding.append(path)
            elif not top or len(data) <= bytes_left:  # all files together are at most twice the submission
                files[name], bytes_left = data, bytes_left - len(data) * bool(top)
    notes = [f"{_quote_some(changed)} differs from the released file: grading uses its own copy"] if changed else []
    return files, notes + [f"{_quote_some(hiding)} would hide a released file and was left out"] * bool(hiding)


def case_mismatches(code, paths):
    """Return at most three messages on files that the code spells with other capitals, as some systems allow.

    code: the text of a notebook's code. paths: the files that it can open.
    """
    notes, code = [], code[:MAX_CODE]
    folded = code.casefold()
    for path in paths:
        name = path.rpartition("/")[2]
        stem = name.removesuffix(".py")
        if len(stem) < 3 or stem.casefold() not in folded:
            continue
        pattern = r"(?<![\w.-])({})(?![\w-])" if stem == name else r"(?m:^)[ \t]*(?:import|from)[ \t]+({})\b"
        spellings = set(re.findall(pattern.format(re.escape(stem)), code, re.IGNORECASE))
        if spellings and stem not in spellings:
            notes.append(f"the code names {_quote(min(spellings))}, the file is {_quote(path)}: capitals count here")
    return notes[:3]


def _quote_some(paths):
    more = f" (and {len(paths) - 3} more)" if len(paths) > 3 else ""
    return ", ".join(map(_quote, paths[:3])) + more


def _lines(data):
    return data.replace(b"\r\n", b"\n")


def _hides(path, released):
    """True if a file in the package would be imported instead of a released module, or is an answer key."""
    parts = path.split("/")
    if parts[0] != "chainrule" or len(parts) == 1:
        return False
    bases = ["/".join([*parts[:n], parts[n].partition(".")[0]]) for n in range(1, len(parts))]
    modules = any(f"{base}.py" in released for base in bases)
    return modules or f"{bases[-1]}/__init__.py" in released or path.startswith("chainrule/answers/")


def find_archives(submitted):
    """The paths of archives in a submission, recognized by their names or first bytes."""
    archives = [path for path, data in submitted.items() if _is_notebook(path) and data.startswith(ARCHIVE_SIGNATURES)]
    return sorted({*archives, *(path for path in submitted if is_archive(path))}, key=_shortest_first)


def is_archive(name):
    """True if the name of a file is that of an archive."""
    return bool(ARCHIVE.search(name))


def is_junk(name):
    """True if a system or an editor makes files or folders of this name."""
    return name in JUNK or name.startswith("._")


def _candidates(submitted, releases):
    """Yield (path, bytes of a notebook, whether it was a script) of files that may be a notebook under another name."""
    paths = [path for path in submitted if path not in {f"{name}.ipynb" for name in releases}]
    notebooks = [path for path in paths if _is_notebook(path) or _looks_like_notebook(submitted[path])]
    scripts = [path for path in paths if path.lower().endswith(".py") and not path.startswith("chainrule/")]
    for kind in (notebooks, scripts):
        for path in sorted(kind, key=_shortest_first)[:MAX_CANDIDATES]:
            exported = kind is scripts
            yield path, _from_script(submitted[path]) if exported else submitted[path], exported


def _looks_like_notebook(data):
    return data[:100].lstrip().startswith(b"{") and b'"cell_type"' in data


def _shortest_first(path):
    return path.count("/"), len(path), path


def _from_script(data):
    """Return the bytes of a notebook that was exported as a script."""
    parts = CELL_STARTS.split(data.decode("utf-8", "replace"))
    cells = [{"cell_type": "code", "source": part.strip("\n"), "outputs": []} for part in parts if part.strip()]
    return json.dumps({"cells": cells}).encode()


def _matching_release(data, releases, tasks):
    """Return (name of the one release that a notebook is of, or None, (answers, graded cells) of it that it holds)."""
    cells = read_cells(data)[0] or []
    ids = {cell.grade_id for cell in cells} - {""}
    code = None
    ranks = {}
    for name, release in releases.items():
        released = {c.metadata.nbgrader.grade_id: c.source.split() for c in release.cells if "nbgrader" in c.metadata}
        common_ids = ids & set(released)
        answered = {c.grade_id for c in cells if c.grade_id in common_ids and c.source.split() != released[c.grade_id]}
        ranks[name] = len(answered), len(common_ids)
    if not ids:
        code = [defined_names(cell.source) for cell in cells if cell.kind == "code"]
        for name, expected in tasks.items():
            count = sum(any(names <= defined for defined in code) for names in expected.values())
            ranks[name] = count, count
    matches = [name for name, rank in ranks.items() if rank[1]]
    return (matches[0], ranks[matches[0]]) if len(matches) == 1 else (None, (0, 0))


def _quote(path):
    """A path as one short line in quotes."""
    return ascii(path)[:100]


def _with_path_in_error(folder, path, read):
    """Return what `read` returns; an OSError becomes a MachineError that names the path below the folder."""
    try:
        return read()
    except OSError as error:
        raise unreadable_error("/".join((str(folder), *path)), error) from None


def _list_files(top, root, notes):
    """Return the paths, as tuples of names, of all regular files."""
    paths, folders, count = [], [()], 0
    while folders:
        folder = folders.pop()
        for name, kind in _with_path_in_error(top, folder, lambda f=folder: _entries(root, f)):
            path, count = (*folder, name), count + 1
            if is_junk(name):
                continue
            if stat.S_ISDIR(kind) and len(path) <= MAX_DEPTH:
                folders.append(path)
            elif stat.S_ISREG(kind):
                paths.append(path)
            else:
                reason = "is deeper than folders may be" if stat.S_ISDIR(kind) else "is no regular file"
                notes.append(f"{_quote('/'.join(path))} {reason} and was left out")
        if count > MAX_NAMES:
            notes.append(f"more than {MAX_NAMES} names in the folder: not all were read")
            break
    return paths


def _entries(root, folder):
    """Return sorted [(name, mode)] of a folder below root."""
    descriptor = _open(root, folder, FOLDER)
    try:
        with os.scandir(descriptor) as entries:
            return sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
    finally:
        os.close(descriptor)


def _open(root, path, flags):
    """Return a descriptor of a path below root, opened name by name so that none of them can be a link."""
    descriptor = os.dup(root) if not path else root
    for number, name in enumerate(path):
        last = number == len(path) - 1
        try:
            below = os.open(name, flags if last else FOLDER, dir_fd=descriptor)
        finally:
            if descriptor != root:
                os.close(descriptor)
        descriptor = below
    return descriptor


def _read(root, path, max_bytes, notes):
    """Return the first bytes of a regular file, or None if something else has replaced it since it was listed."""
    try:
        with open(_open(root, path, FILE), "rb") as handle:
            if stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
                return handle.read(max_bytes)
    except OSError as error:
        if error.errno not in NOT_REGULAR:
            raise
    notes.append(f"{_quote('/'.join(path))} is no regular file and was left out")
    return None


def _reading_order(path, first):
    """The key by which paths are sorted: those in `first`, notebooks, then the rest from the top down."""
    name = "/".join(path)
    position = first.index(name) if name in first else len(first)
    return position, not _is_notebook(name), len(path), name


def _is_notebook(path):
    return ".ipynb" in path.lower()  # a browser may have appended something

"""Jobs and their results as bytes, for machines that are not trusted: `encode_job` to `decode_result`.

A job is a header in JSON and the files, a result is JSON. `decode_result` takes nothing from it that the release or the
exams decide: ids, points, texts of locked cells and outputs of test cells are made anew. What is not as it has to be
raises `WorkerError`. That a worker gave an answer the points that it deserves cannot be seen from its result.
"""

import json
from dataclasses import fields

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from autograder.errors import MachineError, NotGraded, WorkerError
from autograder.grading.submission import Graded, Options, read_notebooks, write_verdict
from autograder.sandbox.limits import Limits
from autograder.sandbox.outputs import clean_output, clean_text
from autograder.submission.parse import read_cell
from autograder.tasks.catalog import of_assignment
from chainrule.judging.verdict import Outcome, Verdict

__all__ = ["decode_job", "decode_result", "encode_error", "encode_job", "encode_result", "max_result_bytes"]

MAX_OBJECTS = 1_000_000  # lists and objects in a result: a text can hold so many that they fill the memory
MAX_MESSAGE = 20_000
ROOM_BYTES = 10_000_000  # in a result beside the notebooks: verdicts, notes, how JSON writes cells
NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
ERRORS = {"MachineError": MachineError, "NotGraded": NotGraded}


def encode_job(seconds, submitted, released, assignment, student, options):
    """Return the bytes of a job: the arguments of `grade_submission` and the seconds that it may take."""
    chosen = {f.name: getattr(options, f.name) for f in fields(options) if f.name not in ("limits", "on_evidence")}
    header = {
        **{"seconds": seconds, "assignment": assignment, "student": student},
        **{"options": chosen, "limits": vars(options.limits)},
        "files": [[[path, len(data)] for path, data in files.items()] for files in (submitted, released)],
    }
    return b"".join([json.dumps(header).encode(), b"\n", *submitted.values(), *released.values()])


def decode_job(job):
    """Return (seconds, arguments of `grade_submission`) of a job."""
    header, _, data = job.partition(b"\n")
    header, folders, at = json.loads(header), [], 0
    for files in header["files"]:
        folders.append({})
        for path, size in files:
            folders[-1][path], at = data[at : at + size], at + size
    options = Options(**header["options"], limits=Limits(**header["limits"]))
    return header["seconds"], (*folders, header["assignment"], header["student"], options)


def encode_result(graded):
    """Return the bytes of a Graded submission."""
    verdicts = {name: [_verdict_fields(verdict) for verdict in some] for name, some in graded.verdicts.items()}
    return json.dumps(vars(graded) | {"verdicts": verdicts}).encode()


def encode_error(error):
    """Return the bytes of the result of a job that raised an exception."""
    return json.dumps({"error": [type(error).__name__, str(error), getattr(error, "errno", None)]}).encode()


def _verdict_fields(verdict):
    outcomes = [[o.name, o.points, o.passed, o.message, o.partial_points] for o in verdict.outcomes]
    return [verdict.task, outcomes, verdict.seed, verdict.note, verdict.timed_out]


def max_result_bytes(released, limits):
    """Return how many bytes the result of a submission to this release may have."""
    notebooks = len(read_notebooks(released))
    return notebooks * (2 * limits.notebook_bytes + 2 * limits.notebook_output_bytes) + ROOM_BYTES


def decode_result(data, released, assignment, student, options):
    """Return the Graded submission in a result. The arguments are those of its job.

    Raises WorkerError if it is not one, and the error that it holds instead.
    """
    result = _parse(data, max_result_bytes(released, options.limits))
    if "error" in result:
        raise _error(result["error"])
    releases, graded = read_notebooks(released), Graded({}, {}, {})
    parts = [_of_type(dict, result.get(key), key) for key in ("notebooks", "verdicts", "notes")]
    for part in parts:
        _equal(sorted(part), sorted(releases), "names of notebooks")
    slowed = _of_type(list, result.get("slowed"), "slowed")
    for name, release in releases.items():
        text, verdicts, notes = (part[name] for part in parts)
        notebook = _notebook(_of_type(str, text, "notebook").encode("utf-8", "replace"), release, options.limits)
        verdicts = _verdicts(verdicts, notebook, assignment, options.seed)
        notes = [_message(note) for note in _of_type(list, notes, "notes")]
        graded.add(name, notebook, verdicts, notes, name in slowed)
    return graded


def _parse(data, max_bytes):
    if len(data) > max_bytes:
        raise _problem(f"at most {max_bytes} bytes", f"{len(data)}")
    if data.count(b"[") + data.count(b"{") > MAX_OBJECTS:
        raise _problem(f"at most {MAX_OBJECTS} lists and objects", "more")
    try:
        return _of_type(dict, json.loads(data), "result")
    except (ValueError, RecursionError):
        raise _problem("JSON", "something else") from None


def _error(error):
    """The exception that a result holds. The kinds that say what to do keep their type."""
    kind, message, number = _of_length(3, error, "error")
    kind, message = _of_type(str, kind, "error")[:100], _message(message)
    if type(number) is int:
        return OSError(number, message)
    return ERRORS[kind](message) if kind in ERRORS else WorkerError(f"a worker could not judge it: {kind}: {message}")


def _notebook(data, release, limits):
    """Return the executed notebook in bytes, built anew with what the release decides."""
    raw_cells = _parse(data, 2 * (limits.notebook_bytes + limits.notebook_output_bytes)).get("cells")
    cells = [_cell(raw, number) for number, raw in enumerate(_of_type(list, raw_cells, "cells"))]
    released_cells = {_grade_id(cell): cell for cell in release.cells if _grade_id(cell)}
    _equal(sorted(filter(None, map(_grade_id, cells))), sorted(released_cells), "graded cells")
    for cell in cells:
        if _grade_id(cell):
            released = released_cells[_grade_id(cell)]
            _equal(cell.cell_type, released.cell_type, "type of a graded cell")
            if released.metadata.nbgrader.get("locked"):
                _equal(cell.source, released.source, "text of a locked cell")
            cell.metadata = json.loads(json.dumps(released.metadata))
    return new_notebook(cells=cells, metadata=json.loads(json.dumps(release.metadata)))


def _cell(raw, number):
    notes = []
    cell = read_cell(raw, notes)
    if cell is None or notes or raw.get("cell_type") != cell.kind:
        raise _problem("cells of a notebook", f"something else in place of cell {number}")
    parts = {"attachments": cell.attachments} if cell.kind != "code" and cell.attachments else {}
    if cell.kind == "code":
        outputs = map(clean_output, _of_type(list, raw.get("outputs"), "outputs"))
        parts = {"outputs": [output for output in outputs if output]}
    metadata = {"nbgrader": {"grade_id": cell.grade_id}} if cell.grade_id else {}
    return NEW_CELL[cell.kind](cell.source, id=f"cell-{number}", metadata=metadata, **parts)


def _grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _verdicts(given, notebook, assignment, seed):
    """Return the verdicts of a notebook, checked, and write each into its test cell."""
    by_test = {task.test_id: task for task in of_assignment(assignment).values()}
    tests = [(cell, by_test[_grade_id(cell)]) for cell in notebook.cells if _grade_id(cell) in by_test]
    tests = [(cell, task) for cell, task in tests if cell.cell_type == "code"]
    verdicts = []
    for (cell, task), fields_ in zip(tests, _of_length(len(tests), given, "verdicts"), strict=True):
        verdicts.append(_verdict(task, fields_, seed))
        write_verdict(cell, verdicts[-1])
    return verdicts


def _verdict(task, given, seed):
    name, outcomes, given_seed, note, timed_out = _of_length(5, given, "verdict")
    _equal(name, task.name, "task")
    _equal(given_seed, seed, "seed")
    pairs = zip(task.checks, _of_length(len(task.checks), outcomes, "checks"), strict=True)
    outcomes = tuple(_outcome(check, outcome) for check, outcome in pairs)
    return Verdict(name, outcomes, seed, _message(note), _of_type(bool, timed_out, "timed_out"))


def _outcome(check, given):
    name, points, passed, message, partial_points = _of_length(5, given, "check")
    _equal([name, points], [check.name, check.points], "check and its points")
    if passed not in (True, False, None) or type(passed) not in (bool, type(None)):
        raise _problem("a check to be passed or not", f"{passed!r:.50}")
    if type(partial_points) not in (int, float) or not 0 <= partial_points <= check.points * (passed is False):
        raise _problem(f"part of {check.points} points for {check.name}", f"{partial_points!r:.50}")
    return Outcome(check.name, check.points, passed, _message(message), float(partial_points))


def _message(text):
    """A text in one line that can be shown."""
    return " ".join(clean_text(_of_type(str, text, "message"), colours=False).split())[:MAX_MESSAGE]


def _of_type(kind, value, what):
    if type(value) is not kind:
        raise _problem(f"a {kind.__name__} for {what}", f"a {type(value).__name__}")
    return value


def _of_length(length, value, what):
    if len(_of_type(list, value, what)) != length:
        raise _problem(f"{length} values for {what}", f"{len(value)}")
    return value


def _equal(value, expected, what):
    if type(value) is not type(expected) or value != expected:
        raise _problem(f"{what} {expected!r:.100}", f"{value!r:.100}")


def _problem(expected, got):
    return WorkerError(
        f"worker: expected {expected}, got {ascii(got)[1:-1]}; its machine may run another version, or lie"
    )

"""Grade one submission: bytes in, executed notebooks and verdicts out. No other file is read or written.

`grade_submission` repairs, runs and judges all notebooks of a submission, `grade_notebook` judges one. Cells run in the
order of the notebook; test cells are not run, their tasks are judged from outside.
"""

import ast
import contextlib
import errno
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.errors import NotGraded
from autograder.grading.notebook import Run, notebook_allowance
from autograder.python_parser import parse_python
from autograder.sandbox.limits import Limits
from autograder.submission.files import case_mismatches, find_archives, find_notebooks, is_answered, student_files
from autograder.submission.repair import repair
from autograder.tasks.catalog import of_assignment
from chainrule.errors import PARSER_ERRORS
from chainrule.judging.verdict import Outcome, Verdict

__all__ = ["Graded", "Options", "grade_submission", "notebook_paths", "workspace", "write_verdict"]


# A name that is too long below another folder, or that of a file and of a folder: the file is left out.
NAME_ERRORS = {errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}


@dataclass(frozen=True)
class Options:
    """How to grade. sandbox: "bwrap" or "none". run_all: run every cell, so that feedback pages hold all pictures.

    seed: of the hidden tests. on_evidence: called with the `Evidence` of every verdict.
    """

    sandbox: str = "bwrap"
    run_all: bool = False
    limits: Limits = field(default_factory=Limits)
    seed: int = 0
    on_evidence: Callable | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Graded:
    """A graded submission: {notebook: text of the executed notebook}, {notebook: [Verdict]}, {notebook: [message]}.

    slowed: the notebooks whose code the machine let wait for long.
    """

    notebooks: dict
    verdicts: dict
    notes: dict
    slowed: list = field(default_factory=list)

    @property
    def timed_out(self):
        """The tasks that lost points because time was up."""
        return [v.task for verdicts in self.verdicts.values() for v in verdicts if v.timed_out]

    @property
    def overloaded(self):
        """Whether a task lost points because time was up, where an idle machine may have taken less."""
        return any(verdict.timed_out for name in self.slowed for verdict in self.verdicts[name])

    def add(self, name, notebook, verdicts, notes, slowed):
        self.notebooks[name], self.verdicts[name], self.notes[name] = nbformat.writes(notebook), verdicts, notes
        if slowed:
            self.slowed.append(name)


def grade_submission(submitted, released, assignment, student, options, only=None):
    """Return the Graded submission.

    submitted, released: {relative path: bytes} of the student's folder and of the released one. only: the name of one
    notebook to grade. Raises NotGraded if nothing but an archive may hold the work.
    """
    result = Graded({}, {}, {})
    releases = read_notebooks(released)
    notebooks = find_notebooks(submitted, releases)
    archive_note = _require_unpacked(submitted, notebooks, releases, f"{student}/{assignment}")
    repaired = {name: repair(notebooks[name][0], release, options.limits) for name, release in releases.items()}
    with tempfile.TemporaryDirectory(prefix="cr") as folder:
        students_files = workspace(folder, submitted, released, repaired)
        for name in [only] if only else releases:
            work = repaired[name]
            code = "\n".join(cell.source for cell in work.notebook.cells if cell.cell_type == "code")
            name_notes = case_mismatches(code, students_files)
            file_notes = notebooks[name][1], archive_note if work.unreadable else "", *name_notes
            repair_notes = [("", note) for note in file_notes if note] + work.notes
            graded = grade_notebook(work, releases[name], folder, assignment, options, repair_notes)
            result.add(name, work.notebook, *graded)
    return result


def _require_unpacked(submitted, notebooks, releases, folder):
    """Raise NotGraded if nothing but an archive may hold the work; return a note on one beside other work, or ""."""
    archives = ascii(", ".join(find_archives(submitted)[:3]))[:200]
    if archives == "''":
        return ""
    if not any(is_answered(data, releases[name]) for name, (data, _) in notebooks.items()):
        action = f"unpack it into submitted/{folder} and run this again"
        raise NotGraded(f"not graded: found {archives} and no work beside it; {action}")
    return f"{archives} is an archive and was not opened"


def read_notebooks(released):
    """Return {name: notebook} of a released folder."""
    return {
        path.removesuffix(".ipynb"): nbformat.reads(released[path].decode(), as_version=4)
        for path in notebook_paths(released)
    }


def notebook_paths(released):
    """Return the sorted paths of the notebooks of a released folder."""
    return sorted(path for path in released if path.endswith(".ipynb") and "/" not in path)


def workspace(folder, submitted, released, repaired):
    """Write the files that the student's code may read: the released package and the student's own files.

    Returns {path: bytes} of the student's own files. Of each notebook the code cells are written: one notebook may
    import what another defines (see `chainrule.mine`).
    """
    students_files, _ = student_files(submitted, released)
    for name, work in repaired.items():
        Path(folder, f"{name}.ipynb").write_text(_code_of(work.notebook), encoding="utf-8", errors="replace")
    for path, data in [*released.items(), *students_files.items()]:
        if path.endswith(".ipynb"):
            continue
        target = Path(folder, path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except OSError as error:
            if path in released or error.errno not in NAME_ERRORS:
                raise
    for path in Path(folder).rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # where root grades, the code runs as another user
    return students_files


def _code_of(notebook):
    """The text of a notebook with only the code cells, in ASCII, in which any character can be written."""
    code = [new_code_cell(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    return json.dumps(new_notebook(cells=code))


def grade_notebook(repaired, release, folder, assignment, options, repair_notes=()):
    """Run and judge a repaired notebook in place; return (verdicts, notes, whether the machine slowed it down).

    repair_notes: [(grade id or "", message)], each shown in the verdict on its task, or in the first verdict.

    The answers are judged first with the released cells only. Then the student's own cells are run, too, and answers
    that were not right are judged again: an answer may need these cells, but they cannot cost it points.
    """
    cells = [cell for cell in repaired.notebook.cells if cell.cell_type == "code"]
    by_test = {task.test_id: task for task in of_assignment(assignment).values()}
    tests = [(cell, by_test[name]) for cell in cells if (name := _grade_id(cell)) in by_test]
    seed, unreadable = options.seed, repaired.unreadable
    notes_by_task = {
        task.name: [text for name, text in repair_notes if name in (task.solution_id, task.test_id)]
        for _, task in tests
    }
    for _, task in tests[:1]:
        notes_by_task[task.name] = [text for name, text in repair_notes if not name] + notes_by_task[task.name]
    if unreadable:
        verdicts = {task.name: _unreadable_verdict(task, unreadable, seed) for _, task in tests}
        notes, slowed = [unreadable], False
    else:
        verdicts, notes, slowed = _judge_cells(
            cells, _released_code(release), folder, options, by_test, seed, notes_by_task
        )
    for cell, task in tests:
        write_verdict(cell, verdicts[task.name])
    return [verdicts[task.name] for _, task in tests], [text for _, text in repair_notes] + notes, slowed


def _released_code(release):
    """Return {source: its imports and definitions} of a release's code cells."""
    return {cell.source: definitions(cell.source) for cell in release.cells if cell.cell_type == "code"}


def _judge_cells(cells, released_code, folder, options, by_test, seed, notes_by_task):
    """Return {task: Verdict}, notes, and whether the machine slowed the code down.

    Of cells as released only the definitions are run, as long as they suffice.
    """
    verdicts, notes = {}, []
    sources = {cell.source for cell in cells}
    students_cells = [
        cell for cell in cells if not _grade_id(cell) and cell.source.strip() and cell.source not in released_code
    ]
    deleted_cells = {source: part for source, part in released_code.items() if part and source not in sources}
    time = notebook_allowance(options.limits)

    def run_and_judge(selected, run_first, parts):
        with contextlib.closing(Run(folder, options, time)) as run:
            for source, part in run_first.items():
                run.cell(source, part)
            for cell in selected:
                task = by_test.get(_grade_id(cell))
                if task is None:
                    cell.outputs = run.cell(cell.source, parts.get(cell.source)) if cell.source.strip() else []
                elif task.name not in verdicts or not verdicts[task.name].passed:
                    both = run.judge(task, seed, notes_by_task[task.name]), verdicts.get(task.name)
                    verdicts[task.name] = max(
                        filter(None, both), key=lambda verdict: (verdict.score, verdict.timed_out)
                    )
            notes.extend(note for note in run.notes if note not in notes)

    released_cells = [cell for cell in cells if cell not in students_cells]
    run_and_judge(released_cells, deleted_cells if students_cells else {}, released_code)
    if students_cells or options.run_all:
        run_and_judge(cells, {}, {} if options.run_all else released_code)
    return verdicts, notes, time.clock.slowed


def _grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def write_verdict(cell, verdict):
    """Write a verdict into its test cell, as the one output that nbgrader reads as points."""
    bundle = verdict._repr_mimebundle_()
    # nbgrader reads the text of the first result as the score.
    output = new_output("execute_result", {"text/plain": str(verdict.score), "text/html": bundle["text/html"]})
    cell.outputs, cell.execution_count = [output], None
    cell.metadata["chainrule"] = verdict.as_dict() | {"reason": verdict.reason()}


def definitions(source):
    """Return the imports and definitions of a cell, or all of its text if it is not plain Python."""
    try:
        kinds = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
        return "\n".join(ast.unparse(part) for part in parse_python(source).body if isinstance(part, kinds))
    except PARSER_ERRORS:
        return source


def _unreadable_verdict(task, message, seed):
    return Verdict(task.name, tuple(Outcome(c.name, c.points, None, message) for c in task.checks), seed)

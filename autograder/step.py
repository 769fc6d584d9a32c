"""Grade one submission: bytes in, executed notebooks and verdicts out. Nothing else is read, nothing is written.

`grade_submission` repairs, runs and judges all notebooks of a submission; `grade_notebook` does one. Cells run in the
order of the notebook; a test cell is not run but judged from outside.
"""

import ast
import tempfile
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_output

from autograder.kernel import Kernel, KernelDied, TimeUp
from autograder.limits import Limits
from autograder.repair import repair
from autograder.spec import exam_of
from autograder.specs import of_assignment
from chainrule.judging.exam import Case
from chainrule.judging.verdict import AnswerError, Outcome, Unanswered, Verdict, judge

__all__ = ["Graded", "Options", "grade_notebook", "grade_submission", "seed_of", "unjudged", "workspace"]

HANGS_ALLOWED = 2
DEFINED = """
def there(name):
    first, *rest = name.split(".")
    value = globals().get(first)
    for part in rest:
        value = getattr(value, part, None)
    return callable(value)
found = [there(name) for name in {names}]
"""


@dataclass(frozen=True)
class Options:
    """How to grade. sandbox: "bwrap" or "none". run_all: run every cell, so that feedback pages hold all pictures."""

    sandbox: str = "bwrap"
    run_all: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Graded:
    """The outcome of one submission: {notebook: text of the executed notebook}, {notebook: [Verdict]}, notes."""

    notebooks: dict
    verdicts: dict
    notes: dict

    def add(self, name, notebook, verdicts, notes):
        self.notebooks[name], self.verdicts[name], self.notes[name] = nbformat.writes(notebook), verdicts, notes


def seed_of(assignment, student):
    """The seed of a student's hidden tests: the same when grading is repeated."""
    return zlib.crc32(f"{assignment}/{student}".encode())


def grade_submission(submitted, released, assignment, student, options):
    """Return the Graded submission.

    submitted, released: {relative path: bytes} of the student's folder and of the released one.
    """
    made = Graded({}, {}, {})
    with tempfile.TemporaryDirectory(prefix="cr") as folder:
        workspace(folder, submitted, released)
        for name, release in released_notebooks(released).items():
            notebook, said = repair(submitted.get(f"{name}.ipynb"), release, options.limits.notebook_bytes)
            unreadable = said[0] if said and said[0].startswith(("the file", "the notebook")) else ""
            found = grade_notebook(notebook, release, folder, assignment, student, options, unreadable)
            made.add(name, notebook, found, said)
    return made


def unjudged(released, assignment, student, why):
    """Return a Graded submission without points that says why it could not be judged."""
    made = Graded({}, {}, {})
    for name, release in released_notebooks(released).items():
        notebook, _ = repair(None, release)
        found = grade_notebook(notebook, release, None, assignment, student, Options(), why)
        made.add(name, notebook, found, [why])
    return made


def released_notebooks(released):
    """Return {name: notebook} of a released folder."""
    paths = sorted(path for path in released if path.endswith(".ipynb") and "/" not in path)
    return {p.removesuffix(".ipynb"): nbformat.reads(released[p].decode(), as_version=4) for p in paths}


def workspace(folder, submitted, released):
    """Write what the student's code may read: the student's own files, and the package as it was released."""
    for path, data in [*submitted.items(), *released.items()]:
        own = path in submitted and path not in released
        if path.endswith(".ipynb") or (own and path.split("/")[0] == "chainrule"):
            continue
        target = Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def grade_notebook(notebook, release, folder, assignment, student, options, unreadable=""):
    """Run and judge a notebook in place; return its verdicts. unreadable: why there is nothing to run.

    Of cells that are as released (pictures, experiments) only the definitions are run, and the rest if a name turns
    out to be missing.
    """
    spare = {} if options.run_all else {c.source: definitions(c.source) for c in release.cells if c.cell_type == "code"}
    seed = seed_of(assignment, student)
    by_test = {task.test_id: task for task in of_assignment(assignment).values()}
    run = Run(folder, options)
    verdicts = []
    try:
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            task = by_test.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if task is None:
                cell.outputs = []
                if not unreadable and cell.source.strip():
                    cell.outputs = run.cell(cell.source, spare.get(cell.source))
                continue
            verdict = _all_lost(task, unreadable, seed) if unreadable else run.judge(task, seed)
            verdicts.append(verdict)
            show(cell, verdict)
    finally:
        run.close()
    return verdicts


def show(cell, verdict):
    """Write a verdict into its test cell, as the one output that nbgrader reads as points."""
    bundle = verdict._repr_mimebundle_()
    # nbgrader takes the text of the first result for the score.
    output = new_output("execute_result", {"text/plain": str(verdict.score), "text/html": bundle["text/html"]})
    cell.outputs, cell.execution_count = [output], None
    cell.metadata["chainrule"] = verdict.as_dict() | {"reason": verdict.reason()}


class Run:
    """The kernel of one notebook. A process that ends is replaced by a new one that runs the earlier cells again,
    without those that ended or hung it, so that one bad cell does not cost the others.
    """

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.deadline = time.monotonic() + options.limits.notebook_seconds
        self.kernel = None
        self.ran, self.skipped = [], []

    def close(self):
        if self.kernel is not None:
            self.kernel.close()

    def cell(self, source, part=None):
        """Run a cell, or only a part of it for now; return its outputs, whatever happens."""
        if part is not None:
            self.skipped.append(source)
            return self._cell(part) if part else []
        outputs = self._cell(source)
        if self.skipped and any(o.get("ename") == "NameError" for o in outputs):
            self._run_skipped()
            outputs = self._cell(source)
        return outputs

    def _run_skipped(self):
        """Run the cells that were left out so far: a name is missing that one of them may define."""
        skipped, self.skipped = self.skipped, []
        for source in skipped:
            self._cell(source)

    def _cell(self, source):
        seconds = self.options.limits.cell_seconds
        if self._late():
            return [_said("not run: " + self._used_up())]
        try:
            outputs = self._alive().run_cell(source)
        except TimeUp as error:
            return [*error.outputs, _said(f"stopped after {seconds:g} s: is there an endless loop?")]
        except KernelDied as error:
            self.kernel.close()
            return [*error.outputs, _said("the process ended while this cell ran")]
        self.ran.append(source)
        return outputs

    def judge(self, task, seed):
        """Return the verdict on a task, from answers of the code as it stands in the kernel now."""
        hangs = 0

        def ask(case, measured):
            nonlocal hangs
            if self._late():
                raise Unanswered("not asked: " + self._used_up())
            if hangs == HANGS_ALLOWED:
                raise Unanswered(f"not asked: {hangs} questions before it got no answer")
            try:
                return self._alive().ask(case, measured)
            except Unanswered:
                hangs += 1
                raise
            except AnswerError as error:
                if error.kind != "NameError" or not self.skipped:
                    raise
                self._run_skipped()
                return ask(case, measured)

        note = "" if self.options.sandbox == "bwrap" else "Graded without a sandbox."
        return judge(exam_of(task, seed), ask, seed, note)

    def defines(self, names):
        """Return those of the names, such as "Class.method", that the code in the kernel defines."""
        case = Case(DEFINED.format(names=names), {}, {"found": None})
        found = self._alive().ask(case, False)["found"]
        return [name for name, there in zip(names, found, strict=True) if there]

    def _alive(self):
        """Return a running kernel that has seen the earlier cells."""
        if self.kernel is None:
            self.kernel = Kernel(self.folder, self.options.limits, self.options.sandbox)
        elif not self.kernel.alive():
            self.kernel.start()
            earlier, self.ran = self.ran, []
            for source in earlier:
                self._again(source)
        return self.kernel

    def _again(self, source):
        try:
            self.kernel.run_cell(source)
            self.ran.append(source)
        except (TimeUp, KernelDied):
            self.kernel.start()

    def _late(self):
        return time.monotonic() > self.deadline

    def _used_up(self):
        return f"the notebook's {self.options.limits.notebook_seconds:g} s were used up"


def definitions(source):
    """Return what a cell imports and defines, not what it computes and draws; all of it if it is not plain Python."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return source
    kinds = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    return "\n".join(ast.unparse(statement) for statement in body if isinstance(statement, kinds))


def _said(text):
    return new_output("stream", name="stderr", text=f"[grader] {text}\n")


def _all_lost(task, why, seed):
    return Verdict(task.name, tuple(Outcome(c.name, c.points, None, why) for c in task.checks), seed)

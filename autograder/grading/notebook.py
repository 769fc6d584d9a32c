"""Run the cells of one notebook and judge its tasks, whatever the code does to its process: `Run`."""

import contextlib
import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from nbformat.v4 import new_output

from autograder.sandbox.cpu_time import Allowance, Clock
from autograder.sandbox.kernel import Ended, Kernel, KernelDied, TimedOut, TimeUp
from autograder.sandbox.output_buffer import LEFT_OUT
from autograder.submission.fix_source import defined_names
from autograder.submission.partial_cell import Stop, definitions_after, find_error
from autograder.tasks.spec import exam_of
from chainrule.judging.exam import Case, Exam
from chainrule.judging.runner import BadReply
from chainrule.judging.verdict import MEASURES, AnswerError, Unanswered, Verdict, judge

__all__ = ["Evidence", "Run", "notebook_allowance"]

# A task is judged again once the student's own cells were run.
kept_exam = lru_cache(maxsize=64)(exam_of)
MAX_HANGS = 2
MAX_CROWDS = 5
TOGETHER_SECONDS = 2  # for several questions at once: a call takes milliseconds
MISSING_NAME = re.compile(r"name '(\w+)' is not defined")
TIMED_OUT_NOTE = "time was up: this is to be looked at by hand"
CHECK_DEFINED = """
def is_defined(name):
    first, _, method = name.partition(".")
    value = globals().get(first)
    if method:  # not object's __init__, which every class inherits
        value = next((vars(c)[method] for c in getattr(value, "__mro__", ())[:-1] if method in vars(c)), None)
    return callable(value)
found = [is_defined(name) for name in {names}]
"""


@dataclass(frozen=True)
class Evidence:
    """A verdict with what it is based on.

    answers: [(Case of the exam, {output: array} or the error that came instead)] in the order of the questions;
    cells: the code that was run before.
    """

    verdict: Verdict
    exam: Exam
    answers: list
    cells: list


class NotAsked(Unanswered):
    """A question that was not asked, because time was up or others got no answer."""


class Run:
    """The kernel of one notebook.

    A process that ends is replaced by a new one, which runs the earlier cells again without those that ended or hung
    it, so that one bad cell does not affect the others. A cell or question that ends the process is tried once more, as
    the machine may have been the cause.

    time: the `Allowance` of the notebook. notes: messages on cells and on limits that were hit.
    """

    def __init__(self, folder, options, time=None):
        self.folder, self.options, self.limits = folder, options, options.limits
        self.time = time or notebook_allowance(self.limits)
        self.kernel, self.timed_out = None, False
        # How often too many processes were ended. From then on, those that a cell leaves behind are looked for.
        self.crowds = 0
        self.output_bytes = self.limits.notebook_output_bytes  # what is left of them
        self.ran, self.skipped, self.notes = [], [], []
        self.stops = []  # [(names that a stopped cell was to define, message)]
        self.ended = None  # the Stop of the last cell if it was ended from outside

    def close(self):
        if self.kernel is not None:
            self.kernel.close()

    def cell(self, source, part=None):
        """Run a cell and return its outputs, whatever happens. part: text to run instead, until all of it is needed."""
        if part is not None:
            self.skipped.append(source)
            return self._cell(part) if part else []
        outputs = self._cell(source)
        if self.skipped and any(o.get("ename") == "NameError" for o in outputs):
            self._run_skipped()
            outputs = self._cell(source)
        return outputs + self._run_rest(source, outputs)

    def _run_rest(self, source, outputs):
        """If a cell stopped, run its later imports and definitions; return [an output with a note on that] or []."""
        stop = self.ended or find_error(outputs, source)
        parts = definitions_after(source, stop.line) if stop else []
        if not parts:
            return []
        self._run_parts(parts)
        note = f"it stopped {stop.message}; after that only imports and definitions were run"
        self.stops.append(
            (frozenset().union(*(defined_names(part.text) for part in parts)), f"{_label(source)}: {note}")
        )
        return [self._add_note(source, note)]

    def _run_parts(self, parts):
        """Run parts of a cell, and the fallback of each part that fails."""
        for part in parts:
            if (find_error(self._cell(part.text)) or self.ended) and part.fallback:
                self._run_parts(part.fallback)

    def _run_skipped(self):
        """Run the cells that were skipped so far: one of them may define a name that is missing."""
        skipped, self.skipped = self.skipped, []
        for source in skipped:
            self._cell(source)

    def _cell(self, source, retry=True):
        self.ended = None
        try:
            kernel = self._running_kernel()
        except TimeUp:
            self.timed_out = True
            return [self._add_note(source, f"not run: {self._used_up()}")]
        try:
            outputs = self._run_in(kernel, source, self.output_bytes)
        except TimeUp as error:
            self._count(error.outputs)
            self.timed_out, self.ended = True, Stop(f"after {error}")
            return [*error.outputs, self._add_note(source, f"stopped after {error}: is there an endless loop?")]
        except KernelDied as error:
            if retry and (not str(error) or self.kernel.crowded):
                return self._cell(source, retry=False)
            self._count(error.outputs)
            self.ended = Stop(f"as the process ended{error}")
            return [*error.outputs, self._add_note(source, f"the process ended while this cell ran{error}")]
        self.ran.append(source)
        self._count(outputs)
        for output in outputs:
            limit = self.limits.explain(output.get("ename", ""), output.get("evalue", ""))
            if limit or output.get("text", "").startswith(LEFT_OUT):
                self._add_note(source, limit or output["text"].removeprefix("[grader] ").strip())
        return outputs

    def _run_in(self, kernel, source, output_bytes=None):
        """Run a cell in a kernel; return its outputs. A cell that left too many processes counts as one that died."""
        outputs = kernel.run_cell(source, self._seconds(self.limits.cell_seconds), output_bytes)
        if self.crowds:
            kernel.rest()
        return outputs

    def _count(self, outputs):
        """Subtract outputs from what the notebook may still show."""
        self.output_bytes = max(0, self.output_bytes - sum(len(json.dumps(output)) for output in outputs))

    def _add_note(self, source, text):
        """Add a message about a cell to the notes; return it as an output."""
        self.notes.append(f"{_label(source)}: {text}")
        return new_output("stream", name="stderr", text=f"[grader] {text}\n")

    def judge(self, task, seed, notes=()):
        """Return the verdict on a task, from answers of the code in the kernel.

        notes: messages on its cells that the verdict is to show.
        """
        exam, answers = kept_exam(task, seed), []
        questions = _Questions(self, exam)
        verdict = judge(exam, _recording(questions.ask, answers), seed)
        if self.crowds and self.kernel.alive():
            with contextlib.suppress(KernelDied):
                self.kernel.rest()
        self.notes += questions.limits
        sandbox_notes = [] if self.options.sandbox == "bwrap" else ["graded without a sandbox"]
        verdict, stop_notes = self._with_stops(verdict)
        timed_out = (self.timed_out or questions.timed_out) and verdict.attempted and not verdict.passed
        time_notes = [TIMED_OUT_NOTE] if timed_out else []
        verdict = verdict.with_notes([*sandbox_notes, *notes, *stop_notes, *questions.limits, *time_notes])
        verdict = replace(verdict, timed_out=timed_out)
        if self.options.on_evidence:
            self.options.on_evidence(Evidence(verdict, exam, answers, list(self.ran)))
        return verdict

    def _with_stops(self, verdict):
        """Return (verdict, notes). Its messages name the stopped cell that a missing name comes from."""
        outcomes = []
        for outcome in verdict.outcomes:
            missing = set(MISSING_NAME.findall(outcome.message))
            causes = [text for names, text in self.stops if names & missing and text not in outcome.message]
            message = f"{outcome.message} ({'; '.join(causes)})" if causes else outcome.message
            outcomes.append(replace(outcome, message=message))
        messages = " ".join(outcome.message for outcome in outcomes)
        notes = [text for names, text in self.stops if verdict.task in names and text not in messages]
        return replace(verdict, outcomes=tuple(outcomes)), notes

    def defined(self, names):
        """Return those of the names, such as "Class.method", that the code in the kernel defines.

        If it gives no valid answer, return all of them: judging one of them then says why.
        """
        case = Case(CHECK_DEFINED.format(names=names), {}, {"found": None})
        try:
            answers = self._running_kernel().ask(case, False)["found"]
        except (AnswerError, BadReply, TimeUp, Unanswered):
            return names
        if answers.shape != (len(names),):
            return names
        return [name for name, exists in zip(names, answers, strict=True) if exists]

    def _running_kernel(self):
        """Return a running kernel in which the earlier cells were run. Raises TimeUp once the notebook's is up."""
        self._require_time()
        if self.kernel is None:
            self.kernel = Kernel(self.folder, self.limits, self.options.sandbox, clock=self.time.clock)
        while not self.kernel.alive():
            if self.kernel.crowded:  # what it did to the machine costs time; the cell that began it is looked for
                self.crowds, self.kernel.crowded = self.crowds + 1, False
                self.time.clock.seconds += self.limits.notebook_seconds / MAX_CROWDS
            self.kernel.start()
            self._rerun_cells()
        self._require_time()
        return self.kernel

    def _require_time(self):
        if self.time.remaining() <= 0:
            raise TimeUp(self.time.describe())

    def _rerun_cells(self):
        """Run the earlier cells again. One that times out or ends the process is left out from now on."""
        for source in list(self.ran):
            self._require_time()
            try:
                self._run_in(self.kernel, source)
            except (TimeUp, KernelDied) as error:
                self.timed_out |= isinstance(error, TimeUp)
                self.ran.remove(source)
                if not self.kernel.alive():
                    return

    def _seconds(self, limit):
        """The seconds that something may take: its own limit, or what the notebook has left."""
        return min(limit, self.time.remaining())

    def _used_up(self):
        part = f"{self.limits.notebook_seconds / MAX_CROWDS:.3g} s each time too many processes computed at once"
        return f"the notebook's {self.time.describe()} were used up" + (f", {part}" if self.crowds else "")


def notebook_allowance(limits):
    """Return the `Allowance` of a whole notebook."""
    return Allowance(Clock(), limits.notebook_seconds, limits.patience)


def _label(source):
    """The first line of a cell, by which messages name it."""
    first = next((line.strip() for line in source.split("\n") if line.strip()), "")
    return f"cell `{first[:40]}`"


def _recording(ask, answers):
    """Return a function like `ask` that adds (case, answer or error) to answers for every question that was asked."""

    def ask_and_record(case, measured):
        try:
            answer = ask(case, measured)
        except NotAsked:
            raise
        except (AnswerError, BadReply, Unanswered) as error:
            answers.append((case, error))
            raise
        answers.append((case, answer))
        return answer

    return ask_and_record


class _Questions:
    """The questions of one task. limits: messages on limits that its answers hit; timed_out: whether time was up."""

    def __init__(self, run, exam):
        self.run, self.limits, self.hangs, self.timed_out, self.ended = run, [], 0, False, False
        self.to_come = [case for check in exam.checks if check.kind not in MEASURES for case in check.cases]
        self.answers = {}  # {id(case): its answer, or the error in its place}
        self.time = Allowance(run.time.clock, run.limits.task_seconds, run.limits.patience)

    def ask(self, case, measured):
        run = self.run
        seconds = min(self.time.remaining(), run.limits.answer_seconds)
        if run._seconds(1) <= 0:
            self.timed_out = True
            raise NotAsked(f"not asked: {run._used_up()}")
        if seconds <= 0:
            self.timed_out = True
            raise NotAsked(f"not asked: the task's {self.time.describe()} were used up")
        if self.hangs == MAX_HANGS:
            raise NotAsked(f"not asked: {self.hangs} questions before it got no answer")
        try:
            return self._answer(case, measured, run._seconds(seconds))
        except TimeUp:
            self.timed_out = True
            raise NotAsked(f"not asked: {run._used_up()}") from None
        except Unanswered as error:
            if isinstance(error, Ended) and not self.ended:  # the machine may have been the cause
                self.ended = True
                return self.ask(case, measured)
            self.timed_out |= isinstance(error, TimedOut)
            self.hangs += 1
            raise
        except AnswerError as error:
            if error.kind == "NameError" and run.skipped:
                self.answers = {}
                run._run_skipped()
                return self.ask(case, measured)
            limit = run.limits.explain(error.kind, error.message)
            if limit and limit not in self.limits:
                self.limits.append(limit)
            raise

    def _answer(self, case, measured, seconds):
        """Return the answer to a case: of several that were asked together or, where that went wrong, asked alone."""
        kernel = self.run._running_kernel()
        if self.to_come and not measured:
            answers = kernel.ask_all(self.to_come, min(seconds, TOGETHER_SECONDS))
            self.answers |= {id(known): answer for known, answer in zip(self.to_come, answers, strict=False)}
            self.to_come = self.to_come[len(answers) :] if answers else []
            kernel = self.run._running_kernel()
        answer = self.answers.pop(id(case), None)
        if isinstance(answer, Exception):
            raise answer
        return answer or kernel.ask(case, measured, seconds)

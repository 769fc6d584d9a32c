"""Run the cells of one notebook and judge its tasks, whatever the code does to the process that holds it: `Run`."""

import re
from dataclasses import dataclass, replace

from nbformat.v4 import new_output

from autograder.sandbox.cpu_time import Allowance, Clock
from autograder.sandbox.kernel import Ended, Kernel, KernelDied, TimedOut, TimeUp
from autograder.sandbox.output_buffer import LEFT_OUT
from autograder.submission.fix_source import defined_names
from autograder.submission.partial_cell import Stop, definitions_after, find_error
from autograder.tasks.spec import exam_of
from chainrule.judging.exam import Case, Exam
from chainrule.judging.runner import BadReply
from chainrule.judging.verdict import AnswerError, Unanswered, Verdict, judge

__all__ = ["Evidence", "Run", "whole_time"]

HANGS_ALLOWED = 2
MISSING_NAME = re.compile(r"name '(\w+)' is not defined")
TO_SEE = "time was up: this is to be looked at by hand"
CHECK_DEFINED = """
def is_defined(name):
    first, _, method = name.partition(".")
    value = globals().get(first)
    if method:  # a class's own: every one has an __init__ of object's
        value = next((vars(c)[method] for c in getattr(value, "__mro__", ())[:-1] if method in vars(c)), None)
    return callable(value)
found = [is_defined(name) for name in {names}]
"""


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    answers: [(Case of the exam, {output: array} or the error in its place)] in the order they were asked for;
    cells: the code that had run before.
    """

    verdict: Verdict
    exam: Exam
    answers: list
    cells: list


class NotAsked(Unanswered):
    """A question that was not put, because too much time is gone."""


class Run:
    """The kernel of one notebook. A process that ends is replaced by a new one that runs the earlier cells again,
    without those that ended or hung it, so that one bad cell does not cost the others. What ends the process is tried
    once more: it may have been the machine.

    time: what is left of the notebook's time, an `Allowance`. notes: what happened to cells, and the limits that were
    hit, one sentence each.
    """

    def __init__(self, folder, options, time=None):
        self.folder, self.options, self.limits = folder, options, options.limits
        self.time = time or whole_time(self.limits)
        self.kernel, self.late = None, False
        self.ran, self.skipped, self.notes, self.stops = [], [], [], []
        self.ended = None  # why the last cell was ended from outside

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
        return outputs + self._run_rest(source, outputs)

    def _run_rest(self, source, outputs):
        """Where a cell stopped, run what it would have imported and defined after that; return this as an output."""
        stop = self.ended or find_error(outputs, source)
        parts = definitions_after(source, stop.line) if stop else []
        if not parts:
            return []
        self._run_parts(parts)
        note = f"it stopped {stop.words}; what it imports and defines after that was run alone"
        self.stops.append(
            (frozenset().union(*(defined_names(part.text) for part in parts)), f"{_label(source)}: {note}")
        )
        return [self._add_note(source, note)]

    def _run_parts(self, parts):
        """Run parts of a cell; of one that fails the parts inside it."""
        for part in parts:
            if (find_error(self._cell(part.text)) or self.ended) and part.otherwise:
                self._run_parts(part.otherwise)

    def _run_skipped(self):
        """Run the cells that were left out so far: a name is missing that one of them may define."""
        skipped, self.skipped = self.skipped, []
        for source in skipped:
            self._cell(source)

    def _cell(self, source, again=True):
        self.ended = None
        seconds = self._seconds(self.limits.cell_seconds)
        if seconds <= 0:
            self.late = True
            return [self._add_note(source, f"not run: {self._used_up()}")]
        try:
            outputs = self._alive().run_cell(source, seconds)
        except TimeUp as error:
            self.late, self.ended = True, Stop(f"after {error}")
            return [*error.outputs, self._add_note(source, f"stopped after {error}: is there an endless loop?")]
        except KernelDied as error:
            if again and not str(error):
                return self._cell(source, again=False)
            self.ended = Stop(f"as the process ended{error}")
            return [*error.outputs, self._add_note(source, f"the process ended while this cell ran{error}")]
        self.ran.append(source)
        for output in outputs:
            limit = self.limits.explain(output.get("ename", ""), output.get("evalue", ""))
            if limit or output.get("text", "").startswith(LEFT_OUT):
                self._add_note(source, limit or output["text"].removeprefix("[grader] ").strip())
        return outputs

    def _add_note(self, source, text):
        """Note what happened to a cell; return it as an output."""
        self.notes.append(f"{_label(source)}: {text}")
        return new_output("stream", name="stderr", text=f"[grader] {text}\n")

    def judge(self, task, seed, said=()):
        """Return the verdict on a task, from answers of the code as it stands in the kernel now.

        said: what is to be known about its cells.
        """
        exam, questions, answers = exam_of(task, seed), _Questions(self), []
        verdict = judge(exam, _recording(questions.ask, answers), seed)
        self.notes += questions.limits
        unboxed = [] if self.options.sandbox == "bwrap" else ["graded without a sandbox"]
        verdict, stops = self._with_stops(verdict)
        late = (self.late or questions.late) and verdict.attempted and not verdict.passed
        verdict = verdict.with_notes([*unboxed, *said, *stops, *questions.limits, *([TO_SEE] if late else [])])
        verdict = replace(verdict, timed_out=late)
        if self.options.witness:
            self.options.witness(Evidence(verdict, exam, answers, list(self.ran)))
        return verdict

    def _with_stops(self, verdict):
        """The verdict with why a name that it misses is not there, or why the answer itself had to be run alone."""
        outcomes = []
        for outcome in verdict.outcomes:
            missed = set(MISSING_NAME.findall(outcome.message))
            why = [text for names, text in self.stops if names & missed and text not in outcome.message]
            outcomes.append(
                replace(outcome, message=f"{outcome.message} ({'; '.join(why)})" if why else outcome.message)
            )
        known = " ".join(outcome.message for outcome in outcomes)
        notes = [text for names, text in self.stops if verdict.task in names and text not in known]
        return replace(verdict, outcomes=tuple(outcomes)), notes

    def defines(self, names):
        """Return those of the names, such as "Class.method", that the code in the kernel defines.

        Where it gives no sound answer that is all of them: who asks for one of them is told why.
        """
        case = Case(CHECK_DEFINED.format(names=names), {}, {"found": None})
        try:
            answers = self._alive().ask(case, False)["found"]
        except (AnswerError, BadReply, TimeUp, Unanswered):
            return names
        if answers.shape != (len(names),):
            return names
        return [name for name, exists in zip(names, answers, strict=True) if exists]

    def _alive(self):
        """Return a running kernel that has seen the earlier cells."""
        if self.kernel is None:
            self.kernel = Kernel(self.folder, self.limits, self.options.sandbox, clock=self.time.clock)
        while not self.kernel.alive():
            self.kernel.start()
            self._rerun_cells()
        return self.kernel

    def _rerun_cells(self):
        """Run the earlier cells again. One that ends the process this time is left out the next time."""
        for source in list(self.ran):
            seconds = self._seconds(self.limits.cell_seconds)
            if seconds <= 0:
                raise TimeUp(self.time.describe())
            try:
                self.kernel.run_cell(source, seconds)
            except (TimeUp, KernelDied) as error:
                self.late |= isinstance(error, TimeUp)
                self.ran.remove(source)
                if not self.kernel.alive():
                    return

    def _seconds(self, most):
        """The seconds that something may take that takes at most so many."""
        return min(most, self.time.remaining())

    def _used_up(self):
        return f"the notebook's {self.time.describe()} were used up"


def whole_time(limits):
    """Return the `Allowance` of a notebook that has not begun."""
    return Allowance(Clock(), limits.notebook_seconds, limits.patience)


def _label(source):
    """A cell by its first line."""
    first = next((line.strip() for line in source.split("\n") if line.strip()), "")
    return f"cell `{first[:40]}`"


def _recording(ask, answers):
    """The same `ask`, which also puts every answer on a list; what was not asked has none."""

    def asking(case, measured):
        try:
            answer = ask(case, measured)
        except NotAsked:
            raise
        except (AnswerError, BadReply, Unanswered) as error:
            answers.append((case, error))
            raise
        answers.append((case, answer))
        return answer

    return asking


class _Questions:
    """The questions of one task. limits: those that its answers hit; late: whether time was up; ended: whether the
    process ended.
    """

    def __init__(self, run):
        self.run, self.limits, self.hangs, self.late, self.ended = run, [], 0, False, False
        self.time = Allowance(run.time.clock, run.limits.task_seconds, run.limits.patience)

    def ask(self, case, measured):
        run = self.run
        left = min(self.time.remaining(), run.limits.answer_seconds)
        if run._seconds(1) <= 0:
            self.late = True
            raise NotAsked(f"not asked: {run._used_up()}")
        if left <= 0:
            self.late = True
            raise NotAsked(f"not asked: the task's {self.time.describe()} were used up")
        if self.hangs == HANGS_ALLOWED:
            raise NotAsked(f"not asked: {self.hangs} questions before it got no answer")
        try:
            return run._alive().ask(case, measured, run._seconds(left))
        except TimeUp:
            self.late = True
            raise NotAsked(f"not asked: {run._used_up()}") from None
        except Unanswered as error:
            if isinstance(error, Ended) and not self.ended:
                self.ended = True
                return self.ask(case, measured)
            self.late |= isinstance(error, TimedOut)
            self.hangs += 1
            raise
        except AnswerError as error:
            if error.kind == "NameError" and run.skipped:
                run._run_skipped()
                return self.ask(case, measured)
            limit = run.limits.explain(error.kind, error.message)
            if limit and limit not in self.limits:
                self.limits.append(limit)
            raise

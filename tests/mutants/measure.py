"""Judge all that is known about a task: its reference, right variants, named mistakes and generated mutants.

`measure(task, seeds)` gives a `Report`. An answer that takes too long, or too much memory, has lost its points.
"""

import signal
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from autograder.course.answer_key import VISIBLE_SEED
from autograder.tasks.spec import exam_of
from chainrule.check import case_runner
from chainrule.judging.verdict import NO_VALUE, judge

from .answers import changed, names_of, variants_of
from .equivalent import reasons_of
from .operators import Mutant, mutants_of

__all__ = ["Mutant", "Report", "Survivor", "measure", "verdict_or_none"]

SECONDS = 10.0
MEASURED = {"growth", "memory"}
OF_MEASURES = ("grows with N", "MB are enough")


class TooSlow(BaseException):
    """The time of an answer is up; no `except Exception` of the code that is judged holds it back."""


@dataclass(frozen=True)
class Survivor:
    """A mutant that kept all points. where: hidden or visible. seeds: with which ones of the hidden tests."""

    kind: str
    diff: str
    where: str
    seeds: tuple = ()


@dataclass
class Report:
    """What was found about a task. The lists hold what went wrong, in words."""

    task: str
    assignment: str
    variants: int = 0
    mistakes: int = 0
    caught: int = 0
    own_sentence: int = 0
    mutants: int = 0
    hidden: int = 0
    visible: int = 0
    diagnosed: int = 0
    refused: list = field(default_factory=list)
    missed: list = field(default_factory=list)
    wrong_sentences: list = field(default_factory=list)
    unsteady: list = field(default_factory=list)
    survivors: list = field(default_factory=list)
    equivalents: list = field(default_factory=list)
    stale: list = field(default_factory=list)


def measure(task, seeds):
    """Return the Report on a task. seeds: of the hidden tests; a mutant is killed if it loses points with each."""
    exams = {seed: exam_of(task, seed) for seed in (*seeds, VISIBLE_SEED)}
    report = Report(task.name, task.assignment)
    _right_answers(task, exams, seeds, report)
    _named_mistakes(task, exams, seeds, report)
    _mutants(task, exams, seeds, report)
    return report


def _right_answers(task, exams, seeds, report):
    answers = {"the reference": names_of(task)} | variants_of(task)
    for who, names in answers.items():
        lost = [verdict.reason() for seed in seeds if not (verdict := _verdict(exams[seed], names, seed)).passed]
        report.variants += not lost
        report.refused += [f"{who}: {reason}" for reason in lost[:1]]


def _named_mistakes(task, exams, seeds, report):
    kinds = {check.name: check.kind for check in task.checks}
    for wrong in task.mistakes:
        verdicts = [_verdict(exams[seed], _altered(task, task.source_with_mistake(wrong)), seed) for seed in seeds]
        lost = [[o for o in verdict.checks_with_lost_points() if o.message != NO_VALUE] for verdict in verdicts]
        caught = all(verdict.score < task.points for verdict in verdicts)
        report.mistakes += 1
        report.caught += caught
        report.own_sentence += all(_tells(wrong, outcomes, kinds) for outcomes in lost)
        report.missed += [] if caught else [wrong.name]
        others = [m for m in task.mistakes if m.message != wrong.message]
        told = {m.name for m in others for outcomes in lost for o in outcomes if m.message in o.message}
        report.wrong_sentences += [f"{wrong.name} is told as {name}" for name in sorted(told)]


def _tells(wrong, outcomes, kinds):
    """The mistake's own sentence is there; where all values are right, that of the one check that measures is."""
    if outcomes and {kinds[o.name] for o in outcomes} <= MEASURED:
        return len(outcomes) == 1 and any(words in outcomes[0].message for words in OF_MEASURES)
    return any(wrong.message in o.message for o in outcomes)


def _mutants(task, exams, seeds, report):
    recorded = reasons_of(task)
    for mutant in mutants_of(task.source()):
        kept, sentences, seen = [], [], False
        for seed in exams:
            verdict = _judged(task, mutant, exams[seed], seed)
            if verdict is not None and verdict.score == task.points:
                seen |= seed == VISIBLE_SEED
                kept += [seed] if seed != VISIBLE_SEED else []
            elif verdict is not None:
                sentences.append(
                    {
                        m.message
                        for m in task.mistakes
                        for o in verdict.checks_with_lost_points()
                        if m.message in o.message
                    }
                )
        if mutant.diff in recorded:
            report.equivalents.append((mutant.diff, recorded.pop(mutant.diff)))
            if len(kept) < len(seeds) or not seen:
                report.stale.append(f"recorded as equivalent, but it loses points:\n{mutant.diff}")
            continue
        report.mutants += 1
        report.hidden += not kept
        report.visible += not seen
        report.diagnosed += any(sentences)
        # What is true of a mutant is true whatever the inputs are.
        report.unsteady += [mutant.diff] if any(said != sentences[0] for said in sentences) else []
        if kept:
            report.survivors.append(Survivor(mutant.kind, mutant.diff, "hidden", tuple(kept)))
        elif seen:
            report.survivors.append(Survivor(mutant.kind, mutant.diff, "visible"))
    report.stale += [f"recorded as equivalent, but there is no such mutant:\n{diff}" for diff in recorded]


def _judged(task, mutant, exam, seed):
    return verdict_or_none(exam, _altered(task, mutant.text), seed)


def _altered(task, text):
    return changed(names_of(task), task.name, text)


def verdict_or_none(exam, names, seed):
    """The verdict on an answer, or None where it does not even come to one."""
    try:
        return _verdict(exam, names, seed)
    except (TooSlow, MemoryError):
        return None


def _verdict(exam, names, seed):
    np.random.seed(0)
    with _time_limit():
        return judge(exam, case_runner(names), seed)


@contextmanager
def _time_limit():
    def stop(*_):
        raise TooSlow

    # Of the processor's time, which does not depend on what else the machine does.
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)

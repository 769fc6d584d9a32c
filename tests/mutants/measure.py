"""Judge the reference of a task, its correct variants, its named mistakes and generated mutants.

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

from .answers import names_of, variants_of, with_source
from .equivalent import reasons_of
from .operators import Mutant, mutants_of

__all__ = ["Mutant", "Report", "Survivor", "measure", "verdict_or_none"]

SECONDS = 10.0
MEASURED = {"growth", "memory"}
OF_MEASURES = ("grows with N", "MB are enough")


class TooSlow(BaseException):
    """The time of an answer is up; an `except Exception` in the judged code does not catch this."""


@dataclass(frozen=True)
class Survivor:
    """A mutant that kept all points. where: hidden or visible tests. seeds: those of the hidden tests."""

    kind: str
    diff: str
    where: str
    seeds: tuple = ()


@dataclass
class Report:
    """The counts of a task. The lists hold the findings as text."""

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
    for source, names in answers.items():
        reasons = [verdict.reason() for seed in seeds if not (verdict := _verdict(exams[seed], names, seed)).passed]
        report.variants += not reasons
        report.refused += [f"{source}: {reason}" for reason in reasons[:1]]


def _named_mistakes(task, exams, seeds, report):
    kinds = {check.name: check.kind for check in task.checks}
    for wrong in task.mistakes:
        verdicts = [_verdict(exams[seed], _altered(task, task.source_with_mistake(wrong)), seed) for seed in seeds]
        failed_checks = [
            [o for o in verdict.checks_with_lost_points() if o.message != NO_VALUE] for verdict in verdicts
        ]
        caught = all(verdict.score < task.points for verdict in verdicts)
        report.mistakes += 1
        report.caught += caught
        report.own_sentence += all(_is_reported(wrong, outcomes, kinds) for outcomes in failed_checks)
        report.missed += [] if caught else [wrong.name]
        other_mistakes = [m for m in task.mistakes if m.message != wrong.message]
        misreported = {
            m.name for m in other_mistakes for outcomes in failed_checks for o in outcomes if m.message in o.message
        }
        report.wrong_sentences += [f"{wrong.name} is reported as {name}" for name in sorted(misreported)]


def _is_reported(wrong, outcomes, kinds):
    """Return whether the mistake's own message is shown, or, with correct values, that of the one measuring check."""
    if outcomes and {kinds[o.name] for o in outcomes} <= MEASURED:
        return len(outcomes) == 1 and any(phrase in outcomes[0].message for phrase in OF_MEASURES)
    return any(wrong.message in o.message for o in outcomes)


def _mutants(task, exams, seeds, report):
    recorded = reasons_of(task)
    for mutant in mutants_of(task.source()):
        passed_seeds, diagnoses, passed_visible = [], [], False
        for seed in exams:
            verdict = _judged(task, mutant, exams[seed], seed)
            if verdict is not None and verdict.score == task.points:
                passed_visible |= seed == VISIBLE_SEED
                passed_seeds += [seed] if seed != VISIBLE_SEED else []
            elif verdict is not None:
                diagnoses.append(
                    {
                        m.message
                        for m in task.mistakes
                        for o in verdict.checks_with_lost_points()
                        if m.message in o.message
                    }
                )
        if mutant.diff in recorded:
            report.equivalents.append((mutant.diff, recorded.pop(mutant.diff)))
            if len(passed_seeds) < len(seeds) or not passed_visible:
                report.stale.append(f"recorded as equivalent, but it loses points:\n{mutant.diff}")
            continue
        report.mutants += 1
        report.hidden += not passed_seeds
        report.visible += not passed_visible
        report.diagnosed += any(diagnoses)
        # What is true of a mutant is true whatever the inputs are.
        report.unsteady += [mutant.diff] if any(diagnosis != diagnoses[0] for diagnosis in diagnoses) else []
        if passed_seeds:
            report.survivors.append(Survivor(mutant.kind, mutant.diff, "hidden", tuple(passed_seeds)))
        elif passed_visible:
            report.survivors.append(Survivor(mutant.kind, mutant.diff, "visible"))
    report.stale += [f"recorded as equivalent, but there is no such mutant:\n{diff}" for diff in recorded]


def _judged(task, mutant, exam, seed):
    return verdict_or_none(exam, _altered(task, mutant.text), seed)


def _altered(task, text):
    return with_source(names_of(task), task.name, text)


def verdict_or_none(exam, names, seed):
    """Return the verdict on an answer, or None where time or memory ran out."""
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

    # Processor time, which does not depend on other load on the machine.
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)

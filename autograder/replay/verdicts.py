"""Reach a verdict again from its record, and see what it rests on.

`replay_record` takes the seeds from what `autograder grade` kept, `replay_list` from what `autograder judge --json`
printed, `replay_file` takes a seed. Each gives `Replayed` verdicts: are they the same, and which cases were wrong?
"""

from dataclasses import dataclass, replace

from autograder.errors import GradingError, UsageError
from autograder.grading import journal
from autograder.grading.classroom import stamp_of
from autograder.grading.notebook import Evidence
from autograder.grading.submission import grade_submission, notebooks_of
from autograder.plainfile.files import allowed, read_python, read_verdicts, verdict_fault
from autograder.plainfile.judge import judge_file
from autograder.submission.files import read_submission
from autograder.tasks.catalog import task_named
from chainrule.judging.compare import difference, label, same, viewed
from chainrule.judging.exam import Case, Check
from chainrule.judging.verdict import Outcome, Verdict

__all__ = ["Failure", "Lost", "Replayed", "one_to_script", "replay_file", "replay_list", "replay_record"]

COMPARED = ("result", "points", "earned", "message")


@dataclass(frozen=True)
class Failure:
    """A case without a right answer.

    error: what came in the place of an answer, or None. outputs: {name: (got, expected)} of those that are wrong.
    costs: what the call cost, where that was asked.
    """

    number: int
    case: Case
    error: Exception | None = None
    outputs: dict = None
    costs: dict = None


@dataclass(frozen=True)
class Lost:
    """A check that earned nothing, and the cases that were asked and not right, in their order."""

    outcome: Outcome
    check: Check
    failures: list

    def sentences(self, failure):
        """Say for every wrong output of a case how it differs."""
        check = self.check
        return [_differs(check, name, *pair) for name, pair in (failure.outputs or {}).items()]


@dataclass(frozen=True)
class Replayed:
    """A verdict that was reached again. recorded: the earlier one as a dict; evidence: what the new one rests on.

    Either may be None: there is no record of a plain file, and of a notebook that cannot be read nothing is asked.
    """

    verdict: Verdict
    recorded: dict | None
    evidence: Evidence | None

    def differences(self):
        """Say what is not as it was recorded, a sentence each."""
        if self.recorded is None:
            return []
        now, then = self.verdict.as_dict(), self.recorded
        said = [_change(key, then.get(key), now[key]) for key in ("seed", "score", "max") if then.get(key) != now[key]]
        earlier = {check.get("name"): check for check in then.get("checks", ())}
        for check in now["checks"]:
            old = earlier.pop(check["name"], {})
            said += [
                _change(f"{check['name']}, {key}", old.get(key), check[key])
                for key in COMPARED
                if old.get(key) != check[key]
            ]
        return said + [f"{name}: recorded, and no check of the task now" for name in earlier]

    def lost(self):
        """Return the checks that were lost, with what was wrong."""
        if self.evidence is None:
            return []
        answers = {id(case): answer for case, answer in self.evidence.answers}
        pairs = zip(self.verdict.outcomes, self.evidence.exam.checks, strict=True)
        return [Lost(o, check, _failures(check, answers)) for o, check in pairs if o.passed is not True]


def replay_record(course, assignment, student, options, task=None):
    """Return the Replayed verdicts of a graded student: of the tasks that lost points, or of the one that is named."""
    released, students = course.released(assignment), course.students(assignment)
    if student not in students:
        raise UsageError(f"student: expected one of {', '.join(students) or 'none'} in submitted/, got {student!r}")
    entry = _recorded(course, assignment, student)
    folder = course.path("submitted", assignment, student)
    submitted, _ = read_submission(folder, options.limits, notebooks_of(released))
    run_all = next((wish for wish in (False, True) if entry.stamp in _stamps(submitted, released, options, wish)), None)
    if run_all is None:
        raise GradingError(
            f"{student}: expected submission, release and limits as they were graded, found a change since then; "
            f"put them back, or run `autograder grade {assignment} --student {student}`"
        )
    wanted = _chosen({v["task"]: v for found in entry.verdicts.values() for v in found}, task)
    made = []
    for notebook, found in entry.verdicts.items():
        if not any(v["task"] in wanted for v in found):
            continue
        seen = []
        how = replace(options, run_all=run_all, witness=seen.append)
        verdicts = grade_submission(submitted, released, assignment, student, how, notebook).verdicts[notebook]
        made += [_replayed(v, wanted[v.task], seen) for v in verdicts if v.task in wanted]
    return made


def replay_file(path, options, seed, task=None):
    """Return the Replayed verdicts on a plain file: of the tasks that lose points, or of the one that is named."""
    seen = []
    verdicts = judge_file(path, replace(options, witness=seen.append), seed, [task] if task else None)
    return [_replayed(v, None, seen) for v in verdicts if task or not v.passed]


def replay_list(path, options, task=None, allow=()):
    """Return the Replayed verdicts of a file that `autograder judge --json` printed, by the same choice.

    allow: files that may be opened though they are neither below the current folder nor beside the list.
    """
    files = {}
    for verdict in read_verdicts(path):
        task_named(verdict["task"])  # there is one
        files.setdefault((verdict["file"], verdict["seed"]), {})[verdict["task"]] = verdict
    if task and not any(task in found for found in files.values()):
        names = dict.fromkeys(name for found in files.values() for name in found)
        raise UsageError(f"task: expected one of {', '.join(names)} in {path}, got {task!r}")
    made, asked = [], []
    for (file, seed), found in files.items():
        wanted = _chosen(found, task) if not task or task in found else {}
        if wanted:
            place = allowed(file, path, allow)
            read_python(place, "replay")
            asked.append((place, seed, found, wanted))
    for file, seed, found, wanted in asked:
        seen = []
        verdicts = judge_file(file, replace(options, witness=seen.append), seed, list(found))
        made += [_replayed(v, wanted[v.task], seen) for v in verdicts if v.task in wanted]
    return made


def one_to_script(found):
    """Return the one Replayed verdict of a list that has anything to show."""
    short = [replayed for replayed in found if replayed.verdict.lost()]
    if len(short) > 1:
        names = ", ".join(replayed.verdict.task for replayed in short)
        raise UsageError(f"--script: expected one task that lost points, found {names}; name one with --task")
    return (short or found or [None])[0]


def _recorded(course, assignment, student):
    """Return the journal's entry on a student, which holds verdicts."""
    again = f"run `autograder grade {assignment} --student {student}` first"
    entry = journal.read(course, assignment, student)
    if entry is None:
        raise UsageError(f"{student}: expected a record of the grading of {assignment}, found none; {again}")
    if entry.stamp is None:
        raise GradingError(f"{student}: expected a record of verdicts, found that it could not be judged; {again}")
    try:
        faults = [verdict_fault(v) for found in entry.verdicts.values() for v in found]
    except (AttributeError, TypeError):
        faults = ["it is no list"]
    if any(faults):
        raise GradingError(f"{student}: expected verdicts in the record, found something else; {again} with --force")
    return entry


def _stamps(submitted, released, options, run_all):
    """The fingerprints of a submission for both sandboxes: which of them was used is no change."""
    kinds = (replace(options, sandbox=sandbox, run_all=run_all) for sandbox in ("bwrap", "none"))
    return [stamp_of(submitted, released, how) for how in kinds]


def _chosen(verdicts, task):
    """Return those of {task: recorded verdict} that are to be replayed."""
    if task and task not in verdicts:
        raise UsageError(f"task: expected one of {', '.join(verdicts)} in the record, got {task!r}")
    return {task: verdicts[task]} if task else {name: v for name, v in verdicts.items() if _is_short(v)}


def _is_short(verdict):
    """True if points were lost, by the sum or by any check."""
    return verdict["score"] != verdict["max"] or not all(check.get("passed") is True for check in verdict["checks"])


def _replayed(verdict, recorded, seen):
    """Join a verdict with its evidence: a task may be judged twice, and the better verdict counts."""
    found = [e for e in seen if e.verdict.task == verdict.task and e.verdict.outcomes == verdict.outcomes]
    return Replayed(verdict, recorded, found[-1] if found else None)


def _failures(check, answers):
    """The cases of a check that were asked and are not right."""
    found = []
    for number, case in enumerate(check.cases, 1):
        answer = answers.get(id(case))
        if isinstance(answer, Exception):
            found.append(Failure(number, case, error=answer))
        elif answer is not None and check.kind in ("growth", "memory"):
            found.append(Failure(number, case, costs={name: value.tolist() for name, value in answer.items()}))
        elif answer is not None:
            pairs = {name: (answer[name], expected) for name, expected in case.expected.items()}
            wrong = {name: pair for name, pair in pairs.items() if _differs(check, name, *pair)}
            found += [Failure(number, case, outputs=wrong)] if wrong else []
    return [failure for failure in found if failure.error] or found  # an error ends a check, and is what it says


def _differs(check, name, got, expected):
    """Return None, or how an output differs from the right one, seen as the check sees it."""
    shown = label(name, check.view) if got.shape == expected.shape else name
    got, expected = viewed(check.view, got, expected)
    if same(got, expected, check.rtol, check.atol):
        return None
    return difference(shown, got, expected, check.rtol, check.atol)


def _change(what, then, now):
    return f"{what}: recorded {then!r}, now {now!r}"
